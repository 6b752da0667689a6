//! Requests for a tenant, and their results.

use std::collections::HashMap;

use serde_json::Value;

use super::super::{DownloadError, DownloadRequest, Downloaded, Downloader, Method, Secret};
use super::Tenant;
use super::answer;
use super::error::{TenantError, TenantReason};
use super::token::{Found, Tokens};
use crate::catalog::{Followed, Provider};
use crate::manifest::TokenFrom;
use crate::x509::Certificate;

/// A tenant that is to be asked for, with the token to ask with.
#[derive(Clone, Debug)]
pub(crate) struct AskedTenant {
    tenant: Tenant,
    /// The URL with the values in their places.
    url: String,
    source: Followed,
    token: Result<Option<Found>, TenantReason>,
}

/// The answer of an API about a tenant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub(crate) struct FetchedTenant {
    /// The tenant.
    pub tenant: Tenant,
    /// What was asked.
    pub url: String,
    /// The certificates that are served, in that order: any kind of them.
    pub served: Result<Vec<Certificate>, TenantError>,
}

impl AskedTenant {
    /// Makes a tenant of this provider, with a token from where the user keeps it. A missing token is an error once it
    /// is needed.
    pub(crate) fn new(
        tenant: Tenant,
        provider: &Provider,
        given: Option<&TokenFrom>,
        tokens: &mut Tokens<'_>,
    ) -> Option<Self> {
        let source = provider.api()?.clone();
        let url = source.filled(tenant.values());
        let token = source.token.as_ref().map(|token| tokens.find(token, given)).transpose();
        Some(Self { tenant, url, source, token })
    }

    fn request(&self, url: &str) -> Result<DownloadRequest, TenantReason> {
        let request = DownloadRequest::api(Method::Get, url);
        match self.token.as_ref().map_err(Clone::clone)? {
            None => Ok(request),
            Some(found) => request.header(&found.header, &found.value).map_err(|error| self.reason(&error)),
        }
    }

    fn reason(&self, error: &DownloadError) -> TenantReason {
        TenantReason::of(error, self.token_from())
    }

    fn token_from(&self) -> &str {
        self.token.as_ref().ok().and_then(Option::as_ref).map_or("nowhere: none is sent", |found| &found.from)
    }

    /// The name that a list must turn into an id before the API can be asked.
    fn name(&self) -> Option<(&str, &crate::catalog::Names)> {
        let names = self.source.names.as_ref()?;
        let value = self.tenant.values().last().filter(|value| !is_uuid(value))?;
        Some((value, names))
    }

    /// Makes the result of its request.
    pub(crate) fn fetched(self, result: Result<Result<Downloaded, DownloadError>, TenantReason>) -> FetchedTenant {
        let unreadable = |detail: String| TenantReason::Unreadable { url: self.url.clone(), detail };
        let served = result
            .and_then(|answer| answer.map_err(|error| self.reason(&error)))
            .and_then(|answer| answer::certificates(&self.source, &answer.body).map_err(unreadable));
        let served = served.map_err(|reason| reason.of_tenant(self.tenant.name()));
        FetchedTenant { tenant: self.tenant, url: self.url, served }
    }
}

/// Makes the request for each tenant. Where names must be turned into ids, the lists are asked for first, each once.
pub(crate) fn requests(
    tenants: &mut [AskedTenant],
    downloader: &Downloader,
) -> Vec<Result<DownloadRequest, TenantReason>> {
    let mut lists: Vec<(DownloadRequest, ())> = Vec::new();
    let mut known: HashMap<(String, Option<Secret>), usize> = HashMap::new();
    let key = |tenant: &AskedTenant, url: &str| {
        let found = tenant.token.as_ref().ok().and_then(Option::as_ref);
        (url.to_owned(), found.map(|found| found.value.clone()))
    };
    for tenant in &*tenants {
        if let Some((_, names)) = tenant.name()
            && let Ok(request) = tenant.request(&names.url)
        {
            known.entry(key(tenant, &names.url)).or_insert_with(|| {
                lists.push((request, ()));
                lists.len() - 1
            });
        }
    }
    let answers = downloader.get_each(lists, |(), answer| answer.map(|answer| answer::parse(&answer.body)), &|| ());
    let request = |tenant: &mut AskedTenant| {
        if let Some((value, names)) = tenant.name()
            && let Some(list) = known.get(&key(tenant, &names.url))
        {
            let unreadable = |detail: String| TenantReason::Unreadable { url: names.url.clone(), detail };
            let list = answers[*list].as_ref().map_err(|error| tenant.reason(error))?;
            let list = list.as_ref().map_err(|detail| unreadable(detail.clone()))?;
            let id = id_of(list, names, value)
                .ok_or_else(|| TenantReason::UnknownName { url: names.url.clone(), value: value.to_owned() })?;
            if !super::is_word(id) {
                return Err(unreadable(format!("the id of `{value}` is not a word")));
            }
            let others = tenant.tenant.values().count() - 1;
            tenant.url = tenant.source.filled(tenant.tenant.values().take(others).chain([id]));
        }
        tenant.request(&tenant.url)
    };
    tenants.iter_mut().map(request).collect()
}

fn id_of<'a>(list: &'a Value, names: &crate::catalog::Names, value: &str) -> Option<&'a str> {
    let elements = answer::all(list, &names.each).ok()?;
    let named = |element: &&&Value| element.pointer(&names.name).and_then(Value::as_str) == Some(value);
    elements.iter().find(named)?.pointer(&names.id)?.as_str()
}

/// RFC 9562, section 4.
fn is_uuid(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
