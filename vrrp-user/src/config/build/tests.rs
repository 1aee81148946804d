//! One table per block: what stands in the file, and what becomes of it.

mod addresses;
mod announcing;
mod families;
mod files;
mod hmac;
mod instances;
mod manners;
mod probes;
mod process;
mod roles;
mod routes;
mod rules;
mod scripts;
mod starting;
mod sync_groups;
mod tracking;
mod transport;
mod unsupported;
