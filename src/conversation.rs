//! An incoming text becomes an intent, an outcome becomes words. Pure.
