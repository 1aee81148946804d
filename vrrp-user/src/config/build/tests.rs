//! One table per block: what stands in the file, and what becomes of it.

mod addresses;
mod files;
mod instances;
mod unsupported;
