//! One binary for everything that is tested through the public interface.

mod fuzz; // any bytes, through the entry points of the fuzz targets
