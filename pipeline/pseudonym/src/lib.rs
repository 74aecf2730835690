//! The one door: turns an identity into an encoding and a profile and forgets it.
