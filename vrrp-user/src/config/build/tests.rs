//! One table per block: what stands in the file, and what becomes of it.

mod addresses;
mod families;
mod files;
mod instances;
mod roles;
mod transport;
mod unsupported;
