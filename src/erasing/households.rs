//! Owns what the erasure of a tenant does with the households that name him, or did. Refuses to keep a
//! word of him there: each is erased as a tenant is, and stored again without him.

use sluis_actors::{Query, ShardAnswer, ShardRequest};
use sluis_model::{Household, Input, Tenant, TenantKey};

use super::{AGAIN, Erasing, NotErased, Wish};
use crate::sealing::{Refusal, check_hold};

impl Erasing {
    /// Forgets what households say of him, those too that name him no more: each is erased, and stored
    /// again without him. A crash between the two leaves a household that nobody loaded, and what is sent to
    /// it is refused until its source supplies it again.
    pub(super) async fn leave_households(&self, wish: &Wish) -> Result<(), NotErased> {
        let tenant = &wish.tenant;
        let corporation = self.corporation(tenant)?;
        check_hold(corporation, &tenant.tenant)?;
        let Some(own) = self.state(tenant).await? else {
            return Ok(());
        };
        if let Some(unfinished) = own.unfinished() {
            return Err(Refusal::Unfinished(unfinished).into());
        }
        let named = own.grouped().map_or(&[][..], |known| &known.households);
        for named in named {
            let key = TenantKey::household(tenant.corporation, &named.household);
            let Some(state) = self.state(&key).await? else {
                continue;
            };
            let wish = Wish {
                tenant: key.clone(),
                ..wish.clone()
            };
            self.erase_one(&wish).await?;
            let household = state.household().cloned().unwrap_or_default();
            self.store_without(key, household, &tenant.tenant).await?;
        }
        Ok(())
    }

    /// What is known of a tenant or a household.
    async fn state(&self, key: &TenantKey) -> Result<Option<Tenant>, NotErased> {
        let query = Query::Tenant(key.clone());
        let request = |reply| ShardRequest::Query { query, reply };
        Ok(match self.ask(key, request).await? {
            ShardAnswer::Snapshot(snapshot) => Some(snapshot.tenant),
            _ => None,
        })
    }

    /// Stores a household without one of its people, and without those who stood for him alone.
    async fn store_without(
        &self,
        tenant: TenantKey,
        mut household: Household,
        who: &str,
    ) -> Result<(), NotErased> {
        household.forget(who);
        if household.members.is_empty() {
            return Ok(());
        }
        let input = Input::PutHousehold(Box::new(household));
        let request = |tenant: TenantKey| {
            let input = input.clone();
            move |reply| ShardRequest::Input {
                tenant,
                input,
                reply,
                claim: None,
            }
        };
        // It is gone from the journal by now: it is not given up when its shard is busy.
        while self.ask(&tenant, request(tenant.clone())).await.is_err() {
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }
}
