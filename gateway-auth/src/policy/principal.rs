//! Whom a statement of a resource policy is about.

use gateway_core::Identity;

/// One entry of `Principal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Principal {
    /// `*`: anybody, anonymous callers too.
    Everybody,
    /// An account: everybody in it whom the account lets.
    Account(Box<str>),
    /// A user, a role (each of its sessions), or one session.
    Arn(Box<str>),
    /// A service, or a provider of identities: nobody who calls an API.
    Other,
}

impl Principal {
    /// An entry of `{ "AWS": ... }`.
    pub(super) fn parse_aws(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Everybody);
        }
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Account(text.into()));
        }
        let fields: Vec<_> = text.splitn(6, ':').collect();
        match *fields {
            ["arn", _, "iam", _, account, "root"] => Ok(Self::Account(account.into())),
            ["arn", _, "iam" | "sts", _, _, resource] if !resource.is_empty() && !text.contains(['*', '?']) => {
                Ok(Self::Arn(text.into()))
            }
            // What a principal that was deleted is shown as.
            [id] if id.len() >= 16 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok(Self::Other),
            _ => Err(format!("`{text}` is no principal: `*`, an account, or the ARN of a user, role or session")),
        }
    }

    pub(super) fn matches(&self, caller: Option<&Identity>) -> bool {
        match (self, caller) {
            (Self::Everybody, _) => true,
            (Self::Account(account), Some(caller)) => **account == *caller.account_id(),
            (Self::Arn(arn), Some(caller)) => **arn == *caller.principal_arn || **arn == *caller.user_arn,
            _ => false,
        }
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug)]
pub(super) struct Principals {
    pub(super) negated: bool,
    pub(super) list: Box<[Principal]>,
}

impl Principals {
    pub(super) fn match_caller(&self, caller: Option<&Identity>) -> bool {
        self.list.iter().any(|principal| principal.matches(caller)) != self.negated
    }

    /// Whether the caller is meant through his account only.
    pub(super) fn delegate(&self, caller: Option<&Identity>) -> bool {
        let mut matching = self.list.iter().filter(|principal| principal.matches(caller));
        !self.negated && matching.all(|principal| matches!(principal, Principal::Account(_)))
    }
}
