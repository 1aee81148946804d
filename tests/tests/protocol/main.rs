//! The protocol against a scripted peer: versions 2 and 3, IPv4 and IPv6, at every hook.

#[cfg(test)]
mod accept;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod hmac;
#[cfg(test)]
mod junk;
#[cfg(test)]
mod late;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod many;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod reloads;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unicast;
#[cfg(test)]
mod virtual_mac;
