//! One table per block: what stands in the file, and what becomes of it.

mod addresses;
mod families;
mod files;
mod hmac;
mod instances;
mod process;
mod roles;
mod scripts;
mod sync_groups;
mod transport;
mod unsupported;
