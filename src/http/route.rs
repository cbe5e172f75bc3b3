//! Owns one row of the route table: a path, its handlers, who may call each. Refuses a handler
//! without a kind of caller: the guard stands in front of each.

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::MethodRouter;

use super::auth::Guarded;
use crate::access::Access;
use crate::app::App;

/// One method of one path, and who may call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteOf {
    /// As it is routed, with names for its parts.
    pub path: &'static str,
    /// In lower case.
    pub method: &'static str,
    /// Who may call.
    pub access: Access,
}

/// One path, its methods with who may call each, and how much it takes.
pub(super) struct Route {
    pub(super) path: &'static str,
    methods: Vec<(&'static str, Access)>,
    pub(super) handlers: MethodRouter<Arc<App>>,
    /// A batch or a list.
    pub(super) large: bool,
}

impl Route {
    /// Each method that it has, with who may call.
    pub(super) fn methods(&self) -> impl Iterator<Item = RouteOf> {
        let of = |(method, access): &(&'static str, Access)| RouteOf {
            path: self.path,
            method,
            access: *access,
        };
        self.methods.iter().map(of)
    }

    pub(super) fn at(path: &'static str) -> Self {
        Self {
            path,
            methods: Vec::new(),
            handlers: MethodRouter::new(),
            large: false,
        }
    }

    pub(super) fn large(self) -> Self {
        Self {
            large: true,
            ..self
        }
    }

    pub(super) fn get<H: Handler<T, Arc<App>>, T: 'static>(
        mut self,
        access: Access,
        handler: H,
    ) -> Self {
        self.methods.push(("get", access));
        let handlers = self.handlers.get(Guarded { access, handler });
        Self { handlers, ..self }
    }

    pub(super) fn post<H: Handler<T, Arc<App>>, T: 'static>(
        mut self,
        access: Access,
        handler: H,
    ) -> Self {
        self.methods.push(("post", access));
        let handlers = self.handlers.post(Guarded { access, handler });
        Self { handlers, ..self }
    }

    pub(super) fn delete<H: Handler<T, Arc<App>>, T: 'static>(
        mut self,
        access: Access,
        handler: H,
    ) -> Self {
        self.methods.push(("delete", access));
        let handlers = self.handlers.delete(Guarded { access, handler });
        Self { handlers, ..self }
    }

    pub(super) fn put<H: Handler<T, Arc<App>>, T: 'static>(
        mut self,
        access: Access,
        handler: H,
    ) -> Self {
        self.methods.push(("put", access));
        let handlers = self.handlers.put(Guarded { access, handler });
        Self { handlers, ..self }
    }
}
