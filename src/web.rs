//! Front door 2: the listener.
