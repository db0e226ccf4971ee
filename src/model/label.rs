//! The label of a media family, by the columns of `RESTORE LABELONLY`.

use chrono::NaiveDateTime;

use super::Guid;

/// One media family's label: the columns of `RESTORE LABELONLY`, in its order.
///
/// `None` is NULL, or "this server or file does not tell".
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The columns are documented by Microsoft under these names.
pub struct MediaLabel {
    pub media_name: Option<String>,
    pub media_set_id: Option<Guid>,
    pub family_count: Option<i32>,
    pub family_sequence_number: Option<i32>,
    pub media_family_id: Option<Guid>,
    pub media_sequence_number: Option<i32>,
    pub media_label_present: Option<bool>,
    pub media_description: Option<String>,
    pub software_name: Option<String>,
    pub software_vendor_id: Option<i32>,
    pub media_date: Option<NaiveDateTime>,
    pub mirror_count: Option<i32>,
    pub is_compressed: Option<bool>,
}
