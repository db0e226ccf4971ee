//! The one identifier type.

/// A `uniqueidentifier`, printed in lower case with hyphens.
pub type Guid = uuid::Uuid;
