//! keepalived.conf: text to tokens to blocks to a typed [`model`], with diagnostics that point at
//! the line and say what to write instead.

pub mod model;
