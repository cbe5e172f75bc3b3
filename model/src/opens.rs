//! Owns the list of a tenant's open notifications, in order of id, which is nearly that of
//! acceptance. A handful lies in a list; what a placeholder number gathers, in a tree: finding,
//! adding and removing one never walks over the others. Refuses to hold two of one id.

use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::fmt;

use bincode::de::{Decode, Decoder};
use bincode::enc::{Encode, Encoder};
use bincode::error::{DecodeError, EncodeError};

use crate::codec::Version;
use crate::ids::NotificationId;
use crate::state::Open;

/// From how many on they stand in a tree. Half of it, and they are a list again.
const MANY: usize = 64;

/// A tenant's open notifications, by id.
#[derive(Clone, Default)]
pub struct Opens(Form);

/// Each stands by itself: a list that grows then moves pointers, and has room for a few pointers
/// too many instead of a few notifications. The tree is behind a pointer so that the tenants
/// without one, which are nearly all, pay nothing for it.
#[derive(Clone)]
#[allow(clippy::vec_box, clippy::box_collection, reason = "see above")]
enum Form {
    Few(Vec<Box<Open>>),
    Many(Box<BTreeMap<NotificationId, Box<Open>>>),
}

impl Default for Form {
    fn default() -> Self {
        Form::Few(Vec::new())
    }
}

impl Opens {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Few(few) => few.len(),
            Form::Many(many) => many.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The one with this id.
    #[must_use]
    pub fn get(&self, id: NotificationId) -> Option<&Open> {
        match &self.0 {
            Form::Few(few) => place(few, id).ok().map(|at| &*few[at]),
            Form::Many(many) => many.get(&id).map(|open| &**open),
        }
    }

    pub(crate) fn get_mut(&mut self, id: NotificationId) -> Option<&mut Open> {
        match &mut self.0 {
            Form::Few(few) => place(few, id).ok().map(|at| &mut *few[at]),
            Form::Many(many) => many.get_mut(&id).map(|open| &mut **open),
        }
    }

    /// Adds one, over one with the same id.
    pub(crate) fn insert(&mut self, open: Box<Open>) {
        match &mut self.0 {
            Form::Few(few) => match place(few, open.id) {
                Ok(at) => few[at] = open,
                Err(at) if few.len() < MANY => few.insert(at, open),
                Err(_) => {
                    let all = std::mem::take(few).into_iter().chain([open]);
                    self.0 = Form::Many(Box::new(all.map(|open| (open.id, open)).collect()));
                }
            },
            Form::Many(many) => drop(many.insert(open.id, open)),
        }
    }

    pub(crate) fn remove(&mut self, id: NotificationId) -> Option<Box<Open>> {
        match &mut self.0 {
            Form::Few(few) => place(few, id).ok().map(|at| few.remove(at)),
            Form::Many(many) => {
                let removed = many.remove(&id);
                if many.len() <= MANY / 2 {
                    self.0 = Form::Few(std::mem::take(&mut **many).into_values().collect());
                }
                removed
            }
        }
    }

    /// All of them, taken out, in order of id.
    pub(crate) fn into_boxes(self) -> Box<dyn Iterator<Item = Box<Open>>> {
        match self.0 {
            Form::Few(few) => Box::new(few.into_iter()),
            Form::Many(many) => Box::new(many.into_values()),
        }
    }

    /// All of them, in order of id.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Form::Few(few) => Iter::Few(few.iter()),
            Form::Many(many) => Iter::Many(many.values()),
        }
    }
}

/// Where `id` stands, or would stand. The newest is asked for most, and each look at another is one
/// at far memory.
fn place(few: &[Box<Open>], id: NotificationId) -> Result<usize, usize> {
    match few.last().map(|newest| newest.id.cmp(&id)) {
        None => Err(0),
        Some(Ordering::Less) => Err(few.len()),
        Some(Ordering::Equal) => Ok(few.len() - 1),
        Some(Ordering::Greater) => few.binary_search_by_key(&id, |open| open.id),
    }
}

/// Open notifications in order of id.
#[derive(Clone, Debug)]
pub enum Iter<'a> {
    /// Of a list.
    Few(std::slice::Iter<'a, Box<Open>>),
    /// Of a tree.
    Many(btree_map::Values<'a, NotificationId, Box<Open>>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Open;

    fn next(&mut self) -> Option<&'a Open> {
        match self {
            Iter::Few(few) => few.next().map(|open| &**open),
            Iter::Many(many) => many.next().map(|open| &**open),
        }
    }
}

impl FromIterator<Box<Open>> for Opens {
    fn from_iter<I: IntoIterator<Item = Box<Open>>>(all: I) -> Self {
        let mut opens = Self::default();
        all.into_iter().for_each(|open| opens.insert(open));
        opens
    }
}

impl<'a> IntoIterator for &'a Opens {
    type Item = &'a Open;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// By what they hold: the form depends on what there was before.
impl PartialEq for Opens {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl Eq for Opens {}

impl fmt::Debug for Opens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// As a list of them.
impl Encode for Opens {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.iter().collect::<Vec<&Open>>().encode(encoder)
    }
}

impl Decode<Version> for Opens {
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Ok(Vec::<Box<Open>>::decode(decoder)?.into_iter().collect())
    }
}

bincode::impl_borrow_decode_with_context!(Opens, Version);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::{decode_plain, encode_plain};
    use crate::flow::FlowRef;
    use crate::notification::{Environment, Lane};
    use crate::state::Phase;
    use crate::time::Timestamp;

    fn open(id: u128) -> Box<Open> {
        Box::new(Open {
            id: NotificationId(id),
            flow: FlowRef([0; 16]),
            body: 1,
            accepted_at: Timestamp(0),
            category: "test".into(),
            subject: None,
            fields: Box::new([]),
            lane: Lane::Normal,
            environment: Environment::Test,
            expires_at: None,
            step: 0,
            entered: false,
            tasks: 0,
            answered: false,
            link_closed: false,
            tried: None,
            phase: Phase::Waiting {
                until: Timestamp(0),
            },
        })
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map_in_whatever_form(steps in prop::collection::vec((any::<bool>(), 0..300u128, 1..200u128), 1..12)) {
            let (mut opens, mut twin) = (Opens::default(), BTreeMap::new());
            for (add, from, count) in steps {
                for id in from..from + count {
                    if add {
                        opens.insert(open(id));
                        twin.insert(NotificationId(id), open(id));
                    } else {
                        prop_assert_eq!(opens.remove(NotificationId(id)), twin.remove(&NotificationId(id)));
                    }
                }
                prop_assert_eq!((opens.len(), opens.is_empty()), (twin.len(), twin.is_empty()));
                prop_assert!(opens.iter().eq(twin.values().map(|open| &**open)));
                prop_assert!((0..600).map(NotificationId).all(|id| opens.get(id).is_some() == twin.contains_key(&id)));
                let read: Opens = decode_plain(&encode_plain(&opens)).unwrap();
                prop_assert_eq!(&read, &opens);
            }
        }
    }

    #[test]
    fn a_tree_that_became_small_is_a_list_again() {
        let mut opens = Opens::default();
        (0..1_000).for_each(|id| opens.insert(open(id)));
        assert!(matches!(opens.0, Form::Many(_)));
        (0..990).for_each(|id| drop(opens.remove(NotificationId(id))));
        assert!(matches!(opens.0, Form::Few(_)));
        assert_eq!(opens.len(), 10);
    }
}
