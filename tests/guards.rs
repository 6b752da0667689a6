//! What keeps a store from being lost, from others than its owner, and from being left half done.

mod backups;
mod forged;
mod home;
mod locks;
mod metadata;
mod modes;
mod nss;
mod shared;
mod writable;
