//! Room `media`.
