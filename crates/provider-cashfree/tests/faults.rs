//! Faults of the gateway and of the connection to it.

mod fault_table;
mod support;
