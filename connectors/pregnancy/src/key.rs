//! What names a record within its provider.

use identity::BusinessKey;

/// A pregnancy by the provider's reference for it, whichever way its notification came.
pub(crate) fn of_pregnancy(pregnancy: &str) -> BusinessKey {
    BusinessKey::new("pregnancy", &[pregnancy])
}

/// A notification whose pregnancy has no reference.
pub(crate) fn of_notification(notification: &str) -> BusinessKey {
    BusinessKey::new("notification-id", &[notification])
}

/// A birth by the provider's reference for the baby.
pub(crate) fn of_baby(baby: &str) -> BusinessKey {
    BusinessKey::new("birth", &[baby])
}

/// A birth by its delivery and its place in it.
pub(crate) fn of_birth(delivery: &str, order: u8) -> BusinessKey {
    BusinessKey::new("birth-of-delivery", &[delivery, &order.to_string()])
}
