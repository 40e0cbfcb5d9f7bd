//! What a library keeps with a database handle: one value of each type, shared by every reader and transaction.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Values by their type. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions(Arc<Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>);

impl Extensions {
    /// The value of this type, made when it is first asked for.
    pub(crate) fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default());
        Arc::clone(value).downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn there_is_one_value_of_each_type_for_all_clones() {
        let extensions = Extensions::default();
        extensions.clone().get::<AtomicU32>().store(7, Ordering::Relaxed);
        assert_eq!(extensions.get::<AtomicU32>().load(Ordering::Relaxed), 7);
        assert_eq!(Extensions::default().get::<AtomicU32>().load(Ordering::Relaxed), 0);
        assert_eq!(*extensions.get::<String>(), "");
    }
}
