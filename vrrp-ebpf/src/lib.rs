//! The packet core and the map layout.
#![cfg_attr(not(test), no_std)]
