//! Everything that asks the kernel for addresses, links and sockets.
