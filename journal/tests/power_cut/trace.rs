//! What the process asked of the file system under one directory, in order, with the test's own
//! marks between. Owns the tree of names as it is in memory; refuses to judge what of it would
//! survive (that is `disk`).

use std::collections::BTreeMap;
use std::path::{Component, Path};

/// A file or a directory, whatever its names.
pub(crate) type Node = usize;
pub(crate) const ROOT: Node = 0;

#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A new file or directory got a name.
    Create {
        dir: Node,
        name: String,
        node: Node,
        is_dir: bool,
    },
    Rename {
        dir: Node,
        from: String,
        to: String,
    },
    Remove {
        dir: Node,
        name: String,
    },
    Write {
        node: Node,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        node: Node,
        length: usize,
    },
    /// `fsync` or `fdatasync` of a file.
    SyncFile {
        node: Node,
    },
    /// `fsync` of a directory.
    SyncDir {
        node: Node,
    },
    /// `sync_file_range`: no durability, recorded to show that it was seen.
    SyncRange,
    Mark(Mark),
}

/// What the test knows at that moment.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    /// A process opened the journal.
    Started,
    /// About to hand in records up to here.
    Appending {
        shard: u16,
        last: u64,
    },
    /// The journal says: durable up to here.
    Acked {
        shard: u16,
        last: u64,
    },
    Trimming {
        shard: u16,
        before: u64,
    },
    Trimmed {
        shard: u16,
        before: u64,
    },
    Checkpointed {
        shard: u16,
        upto: u64,
    },
    Defined {
        hash: [u8; 16],
    },
    /// A value derived from the record `sequence` was put under `key`.
    Put {
        shard: u16,
        key: u8,
        sequence: u64,
    },
    /// A table value is about to be deleted.
    Deleted {
        shard: u16,
        key: u8,
    },
    TableApplied {
        shard: u16,
        sequence: u64,
    },
}

/// How reads go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    Good,
    /// Those of paths with this in them fail with EIO.
    Fail(&'static str),
    /// Each gives a few bytes at most, and every third is interrupted.
    Short(usize),
}

/// The recorded calls, and the names as the process sees them.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) ops: Vec<Op>,
    tree: Vec<Entry>,
    /// From now on `fdatasync` fails.
    pub(crate) fail_data_sync: bool,
    /// What from now on happens to reads.
    pub(crate) reads: Reads,
}

#[derive(Clone, Debug)]
enum Entry {
    File,
    Dir(BTreeMap<String, Node>),
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self {
            ops: Vec::new(),
            tree: vec![Entry::Dir(BTreeMap::new())],
            fail_data_sync: false,
            reads: Reads::Good,
        }
    }

    /// The trace as it was after its first `count` ops, to be continued from there.
    pub(crate) fn prefix(&self, count: usize) -> Self {
        let mut prefix = Self::new();
        for op in &self.ops[..count] {
            prefix.push(op.clone());
        }
        prefix
    }

    pub(crate) fn push(&mut self, op: Op) {
        match &op {
            Op::Create {
                dir,
                name,
                node,
                is_dir,
            } => {
                assert_eq!(*node, self.tree.len());
                self.tree.push(if *is_dir {
                    Entry::Dir(BTreeMap::new())
                } else {
                    Entry::File
                });
                self.names(*dir).insert(name.clone(), *node);
            }
            Op::Rename { dir, from, to } => {
                let node = self.names(*dir).remove(from).expect("a recorded name");
                self.names(*dir).insert(to.clone(), node);
            }
            Op::Remove { dir, name } => {
                self.names(*dir).remove(name);
            }
            _ => {}
        }
        self.ops.push(op);
    }

    fn names(&mut self, dir: Node) -> &mut BTreeMap<String, Node> {
        match &mut self.tree[dir] {
            Entry::Dir(names) => names,
            Entry::File => panic!("node {dir} is a file"),
        }
    }

    /// The node at a path relative to the root.
    pub(crate) fn node(&self, path: &Path) -> Option<Node> {
        path.components()
            .try_fold(ROOT, |dir, component| match (&self.tree[dir], component) {
                (Entry::Dir(names), Component::Normal(name)) => names.get(name.to_str()?).copied(),
                _ => None,
            })
    }

    pub(crate) fn is_dir(&self, node: Node) -> bool {
        matches!(self.tree[node], Entry::Dir(_))
    }

    fn parent(&self, path: &Path) -> (Node, String) {
        let dir = self
            .node(path.parent().expect("a parent"))
            .expect("a recorded parent");
        (
            dir,
            path.file_name()
                .and_then(|name| name.to_str())
                .expect("a name")
                .to_owned(),
        )
    }

    pub(crate) fn create(&mut self, path: &Path, is_dir: bool) {
        let (dir, name) = self.parent(path);
        let node = self.tree.len();
        self.push(Op::Create {
            dir,
            name,
            node,
            is_dir,
        });
    }

    pub(crate) fn rename(&mut self, from: &Path, to: &Path) {
        let ((dir, from), (to_dir, to)) = (self.parent(from), self.parent(to));
        assert_eq!(dir, to_dir, "the journal renames inside a directory only");
        self.push(Op::Rename { dir, from, to });
    }

    pub(crate) fn remove(&mut self, path: &Path) {
        let (dir, name) = self.parent(path);
        self.push(Op::Remove { dir, name });
    }
}
