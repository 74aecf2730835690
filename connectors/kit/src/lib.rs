//! The contract of a connector and what all connectors share.
