//! What goes into a statement and what comes out of a row, whichever engine runs it.

use jiff::Timestamp;

use super::{StoreError, millis, timestamp};
use crate::model::{AccountId, ContactId, Email, InvitationId, PersonId, Phone, TopicId};

/// One value of a statement or a row. Flags are the integers 0 and 1, times are milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// The values of a statement, in the order of `$1`, `$2` and so on.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::value::Value::from($value)),*] };
}
pub(super) use values;

macro_rules! value_from {
    ($($given:ty, $name:ident => $value:expr;)*) => {
        $(impl<'a> From<$given> for Value<'a> { fn from($name: $given) -> Self { $value } })*
    };
}

value_from! {
    i64, number => Self::Int(number);
    u32, number => Self::Int(i64::from(number));
    // A count beyond 2^63 does not occur; should one, the schema's checks refuse what it becomes.
    u64, number => Self::Int(i64::try_from(number).unwrap_or(i64::MAX));
    bool, flag => Self::Int(i64::from(flag));
    Timestamp, at => Self::Int(millis(at));
    TopicId, id => Self::Int(id.0);
    PersonId, id => Self::Int(id.0);
    AccountId, id => Self::Int(id.0);
    ContactId, id => Self::Int(id.0);
    InvitationId, id => Self::Int(id.0);
    &'a str, text => Self::Text(text);
    &'a String, text => Self::Text(text);
    &'a Phone, phone => Self::Text(phone.expose());
    &'a [u8], bytes => Self::Bytes(bytes);
}

impl<'a, T: Into<Self>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A type that a column is read as.
pub(super) trait Column: Sized {
    /// Reads a value; `None` when it is of another kind.
    fn read(value: Value<'_>) -> Option<Self>;
}

impl Column for i64 {
    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Int(number) = value { Some(number) } else { None }
    }
}

impl Column for u32 {
    fn read(value: Value<'_>) -> Option<Self> {
        i64::read(value)?.try_into().ok()
    }
}

impl Column for u64 {
    fn read(value: Value<'_>) -> Option<Self> {
        i64::read(value)?.try_into().ok()
    }
}

impl Column for bool {
    fn read(value: Value<'_>) -> Option<Self> {
        Some(i64::read(value)? != 0)
    }
}

impl Column for Timestamp {
    fn read(value: Value<'_>) -> Option<Self> {
        timestamp(i64::read(value)?).ok()
    }
}

macro_rules! id_columns {
    ($($id:ty),*) => {
        $(impl Column for $id {
            fn read(value: Value<'_>) -> Option<Self> {
                i64::read(value).map(Self)
            }
        })*
    };
}

id_columns!(TopicId, PersonId, AccountId, ContactId, InvitationId);

impl Column for String {
    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.to_owned()) } else { None }
    }
}

impl Column for Phone {
    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Self::from_provider(text) } else { None }
    }
}

impl Column for Email {
    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Self::parse(text).ok() } else { None }
    }
}

impl Column for Vec<u8> {
    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Bytes(bytes) = value { Some(bytes.to_owned()) } else { None }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Null = value { Some(None) } else { T::read(value).map(Some) }
    }
}

/// One row of an answer.
pub struct Row<'a>(pub(super) &'a dyn super::engine::Columns);

impl Row<'_> {
    /// A column, counted from 0.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it holds something of another kind, or a number or time out of bounds.
    pub(super) fn get<T: Column>(&self, column: usize) -> Result<T, StoreError> {
        let value = self.0.value(column)?;
        T::read(value).ok_or_else(|| StoreError::damaged("row", format!("column {column} holds something else")))
    }
}
