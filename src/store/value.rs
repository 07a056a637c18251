//! What goes into a statement and what comes out of a row, whichever engine runs it.

use jiff::{SignedDuration, Timestamp};

use super::engine::Columns;
use super::tokens::TokenId;
use super::{
    Agreed, ArchiveState, Basis, BroadcastId, BroadcastState, Channel, DrawId, Ended, Hash, OutboxId, OutboxState,
    Scope, SeriesId, StoreError,
};
use crate::model::{AccountId, ContactId, Email, InvitationId, PersonId, Phase, Phone, State, TopicId};

/// One value of a statement or a row. Flags are the integers 0 and 1, times are milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
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
    Timestamp, at => Self::Int(at.as_millisecond());
    SignedDuration, length => Self::Int(i64::try_from(length.as_millis()).unwrap_or(i64::MAX));
    &'a str, text => Self::Text(text);
    &'a String, text => Self::Text(text);
    &'a Phone, phone => Self::Text(phone.expose());
    &'a Email, email => Self::Text(email.expose());
    &'a [u8], bytes => Self::Bytes(bytes);
    &'a Hash, hash => Self::Bytes(hash);
}

impl<'a, T: Into<Self>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A type that a column is read as.
pub(super) trait Column: Sized {
    /// What is damaged where it cannot be.
    const WHAT: &'static str = "row";

    /// Reads a value; `None` when it is of another kind.
    fn read(value: Value<'_>) -> Option<Self>;
}

macro_rules! columns {
    ($($read:ty, $value:pat => $result:expr;)*) => {
        $(impl Column for $read {
            fn read(value: Value<'_>) -> Option<Self> {
                if let $value = value { $result } else { None }
            }
        })*
    };
}

columns! {
    i64, Value::Int(number) => Some(number);
    u32, Value::Int(number) => number.try_into().ok();
    u64, Value::Int(number) => number.try_into().ok();
    bool, Value::Int(flag) => Some(flag != 0);
    Timestamp, Value::Int(millis) => Self::from_millisecond(millis).ok();
    SignedDuration, Value::Int(millis) => Some(Self::from_millis(millis));
    String, Value::Text(text) => Some(text.to_owned());
    Phone, Value::Text(text) => Self::from_provider(text);
    Email, Value::Text(text) => Self::parse(text).ok();
    Vec<u8>, Value::Bytes(bytes) => Some(bytes.to_owned());
    // Words with commas between them.
    Vec<String>, Value::Text(text) => Some(text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect());
}

impl<T: Column> Column for Option<T> {
    const WHAT: &'static str = T::WHAT;

    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Null = value { Some(None) } else { T::read(value).map(Some) }
    }
}

/// Has ids stored as their numbers.
macro_rules! id_columns {
    ($($id:ident),*) => { $(
        impl Column for $id {
            fn read(value: Value<'_>) -> Option<Self> {
                i64::read(value).map(Self)
            }
        }

        impl From<$id> for Value<'_> {
            fn from(id: $id) -> Self {
                Self::Int(id.0)
            }
        }
    )* };
}

id_columns!(TopicId, PersonId, AccountId, ContactId, InvitationId, SeriesId, DrawId, OutboxId, BroadcastId, TokenId);

/// Has enums stored as their words; the text says of what.
macro_rules! word_columns {
    ($($kind:ident $what:literal),*) => { $(
        impl Column for $kind {
            const WHAT: &'static str = $what;

            fn read(value: Value<'_>) -> Option<Self> {
                if let Value::Text(word) = value { Self::from_word(word) } else { None }
            }
        }

        impl From<$kind> for Value<'_> {
            fn from(kind: $kind) -> Self {
                Self::Text(kind.word())
            }
        }
    )* };
}

word_columns!(
    ArchiveState "archive state", Agreed "subscriber's consent", Basis "message's basis",
    BroadcastState "broadcast's state", Channel "message's channel", Ended "visit's end",
    OutboxState "message's state", Phase "event's phase", Scope "token's scope", State "invitation's state"
);

/// One row of an answer, read from its first column to its last.
pub(super) struct Row<'a> {
    columns: &'a dyn Columns,
    next: usize,
}

impl<'a> Row<'a> {
    pub(super) fn new(columns: &'a dyn Columns) -> Self {
        Self { columns, next: 0 }
    }

    /// What the next column or columns hold.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when that is of another kind, or a number or time out of bounds.
    pub(super) fn take<T: FromRow>(&mut self) -> Result<T, StoreError> {
        T::from_row(self)
    }
}

/// What is read of a row: a column, or several one after the other.
pub(super) trait FromRow: Sized {
    fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError>;
}

impl<T: Column> FromRow for T {
    fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
        let column = row.next;
        row.next += 1;
        let value = row.columns.value(column)?;
        T::read(value).ok_or_else(|| StoreError::damaged(T::WHAT, format!("column {column} holds something else")))
    }
}

macro_rules! several_columns {
    ($($part:ident $value:ident),*) => {
        impl<$($part: FromRow),*> FromRow for ($($part),*) {
            fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
                Ok(($(row.take::<$part>()?),*))
            }
        }

        /// `None` where one of them is.
        impl<$($part: Column),*> FromRow for Option<($($part),*)> {
            fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
                let ($($value),*) = ($(row.take::<Option<$part>>()?),*);
                Ok(if let ($(Some($value)),*) = ($($value),*) { Some(($($value),*)) } else { None })
            }
        }
    };
}

several_columns!(A a, B b);
several_columns!(A a, B b, C c);
several_columns!(A a, B b, C c, D d);
several_columns!(A a, B b, C c, D d, E e);

/// Has a struct read of columns in the order in which its fields stand here; `by` names what makes a field of its column.
macro_rules! from_row {
    ($read:ident: $($field:ident $(by $made:path)?),*) => {
        impl $crate::store::value::FromRow for $read {
            fn from_row(row: &mut $crate::store::value::Row<'_>) -> Result<Self, $crate::store::StoreError> {
                Ok(Self { $($field: from_row!(@ row $($made)?)),* })
            }
        }
    };
    (@ $row:ident) => { $row.take()? };
    (@ $row:ident $made:path) => { $made(&$row.take::<String>()?)? };
}
pub(super) use from_row;
