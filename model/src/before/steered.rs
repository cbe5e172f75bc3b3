//! Owns how what version 5 told of steering is read: rows that were for everybody, templates without
//! variants. Refuses to write any of it.

use bincode::Decode;
use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::impl_borrow_decode_with_context;

use super::ONE_HISTORY;
use crate::codec::Version;
use crate::state::SentTo;
use crate::steering::{MatrixRow, Passed, Steered};

impl Decode<Version> for MatrixRow {
    /// Before version 6, a row was for everybody.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let says_for_whom = *decoder.context() >= ONE_HISTORY;
        let (category, from) = (Decode::decode(decoder)?, Decode::decode(decoder)?);
        let (segment, phase) = if says_for_whom {
            (Decode::decode(decoder)?, Decode::decode(decoder)?)
        } else {
            Default::default()
        };
        Ok(Self {
            category,
            from,
            segment,
            phase,
        })
    }
}

impl_borrow_decode_with_context!(MatrixRow, Version);

impl Decode<Version> for Steered {
    /// Before version 6, nobody asked who a tenant is.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let says_who = *decoder.context() >= ONE_HISTORY;
        let steered = Self {
            channel: Decode::decode(decoder)?,
            row: Decode::decode(decoder)?,
            asked: Decode::decode(decoder)?,
            cost: Decode::decode(decoder)?,
            passed: Decode::decode(decoder)?,
            segment: None,
            not_yet: None,
            wanted: None,
        };
        if !says_who {
            return Ok(steered);
        }
        Ok(Self {
            segment: Decode::decode(decoder)?,
            not_yet: Decode::decode(decoder)?,
            wanted: Decode::decode(decoder)?,
            ..steered
        })
    }
}

impl_borrow_decode_with_context!(Steered, Version);

impl Decode<Version> for Passed {
    /// Before version 6, nothing was told of when it would have arrived.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let says_when = *decoder.context() >= ONE_HISTORY;
        Ok(Self {
            channel: Decode::decode(decoder)?,
            why: Decode::decode(decoder)?,
            cost: Decode::decode(decoder)?,
            arrives: if says_when {
                Decode::decode(decoder)?
            } else {
                None
            },
        })
    }
}

impl_borrow_decode_with_context!(Passed, Version);

impl Decode<Version> for SentTo {
    /// Before version 6, templates had no variants.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let has_variants = *decoder.context() >= ONE_HISTORY;
        Ok(Self {
            attempt: Decode::decode(decoder)?,
            step: Decode::decode(decoder)?,
            channel: Decode::decode(decoder)?,
            asked: Decode::decode(decoder)?,
            address: Decode::decode(decoder)?,
            variant: if has_variants {
                Decode::decode(decoder)?
            } else {
                0
            },
        })
    }
}

impl_borrow_decode_with_context!(SentTo, Version);
