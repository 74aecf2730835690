//! What the tests of whole nights share.
