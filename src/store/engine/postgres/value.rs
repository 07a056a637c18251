//! Values on their way into a statement and out of a row.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::StoreError;
use crate::store::engine::Columns;
use crate::store::value::Value;

type Outcome<T> = Result<T, Box<dyn Error + Sync + Send>>;

impl ToSql for Value<'_> {
    /// The server says which type it wants; whole numbers are narrowed to it where it takes them narrower.
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Outcome<IsNull> {
        match *self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) if *wanted == Type::INT8 => number.to_sql(wanted, out),
            Value::Int(number) if *wanted == Type::INT4 => i32::try_from(number)?.to_sql(wanted, out),
            Value::Text(text) if <&str as ToSql>::accepts(wanted) => {
                // The one character that it cannot keep.
                if text.contains('\0') {
                    text.replace('\0', "\u{fffd}").to_sql(wanted, out)
                } else {
                    text.to_sql(wanted, out)
                }
            }
            Value::Bytes(bytes) if *wanted == Type::BYTEA => bytes.to_sql(wanted, out),
            _ => Err(format!("something else is given where {wanted} is wanted").into()),
        }
    }

    fn accepts(_wanted: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(given: &Type, raw: &'a [u8]) -> Outcome<Self> {
        Ok(match *given {
            Type::INT8 => Self::Int(i64::from_sql(given, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(given, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(given, raw)?.into()),
            Type::BYTEA => Self::Bytes(raw),
            _ if <&str as FromSql>::accepts(given) => Self::Text(<&str>::from_sql(given, raw)?),
            _ => return Err(format!("a column of type {given} is not read here").into()),
        })
    }

    fn from_sql_null(_given: &Type) -> Outcome<Self> {
        Ok(Self::Null)
    }

    fn accepts(_given: &Type) -> bool {
        true
    }
}

/// Whether a column of this type can be read.
#[cfg(test)]
pub(super) fn is_read(of: &Type) -> bool {
    [Type::INT8, Type::INT4, Type::BOOL, Type::BYTEA].contains(of) || <&str as FromSql>::accepts(of)
}

/// One row of an answer.
pub(super) struct Row<'a>(pub(super) &'a tokio_postgres::Row);

impl Columns for Row<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        self.0.try_get(column).map_err(|e| StoreError::damaged("row", e))
    }
}
