//! Front door 1: the verbs.
