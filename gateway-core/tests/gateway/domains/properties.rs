//! What is found is what a naive reading of the rules finds.

use gateway_core::{Domain, RoutingMode, RoutingRule};
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::runtime::Builder;

use super::{FORBIDDEN, get, rest, serving};

const NAMES: [&str; 6] = ["a.b", "*.b", "*.a.b", "b", "*", "b.b"];
const PATHS: [&str; 6] = ["", "a", "b", "a/b", "a/b/a", "b/a"];
const GLOBS: [&str; 6] = ["a", "a*", "*a", "*a*", "*", "ab"];
const APIS: [&str; 3] = ["one", "two", "three"];

type Rule = (u32, Vec<Vec<(&'static str, &'static str)>>, Option<Vec<&'static str>>, &'static str, bool);

/// A domain as it is drawn: no name, base path or priority is drawn twice.
#[derive(Clone, Debug)]
struct Drawn {
    name: &'static str,
    mode: RoutingMode,
    mappings: Vec<(&'static str, &'static str)>,
    rules: Vec<Rule>,
}

fn drawn(name: &'static str) -> impl Strategy<Value = Drawn> {
    let modes = [RoutingMode::ApiMappingOnly, RoutingMode::RoutingRuleOnly, RoutingMode::RoutingRuleThenApiMapping];
    let mappings = proptest::sample::subsequence(PATHS.to_vec(), 0..=PATHS.len());
    let mappings = mappings.prop_flat_map(|paths| {
        let apis = vec(select(APIS.to_vec()), paths.len());
        apis.prop_map(move |apis| paths.clone().into_iter().zip(apis).collect::<Vec<_>>())
    });
    let header = (select(vec!["x", "y"]), select(GLOBS.to_vec()));
    let headers = vec(vec(header, 1..3), 0..=2);
    let base_paths = proptest::option::of(vec(select(PATHS[1..].to_vec()), 1..3));
    let rule = (headers, base_paths, select(APIS.to_vec()), any::<bool>());
    let rules = vec(rule, 0..4).prop_flat_map(|rules| {
        let priorities = proptest::sample::subsequence((1..=9).collect::<Vec<u32>>(), rules.len()).prop_shuffle();
        priorities.prop_map(move |priorities| {
            let rules = rules.clone().into_iter().zip(priorities);
            rules.map(|((headers, paths, api, strip), priority)| (priority, headers, paths, api, strip)).collect()
        })
    });
    let mode = select(modes.to_vec());
    (mode, mappings, rules).prop_map(move |(mode, mappings, rules)| Drawn { name, mode, mappings, rules })
}

fn domains() -> impl Strategy<Value = Vec<Drawn>> {
    let names = proptest::sample::subsequence(NAMES.to_vec(), 1..=NAMES.len());
    names.prop_flat_map(|names| names.into_iter().map(drawn).collect::<Vec<_>>())
}

impl Drawn {
    fn defined(&self) -> Domain {
        let domain = Domain::new(self.name).routing_mode(self.mode);
        let domain = self.mappings.iter().fold(domain, |domain, (path, api)| domain.map(path, *api, "prod"));
        self.rules.iter().fold(domain, |domain, (priority, headers, paths, api, strip)| {
            let rule = RoutingRule::new(*priority, *api, "prod").id(priority.to_string()).strip_base_path(*strip);
            let rule = headers.iter().fold(rule, |rule, any_of| rule.match_headers(any_of.clone()));
            domain.rule(paths.iter().fold(rule, RoutingRule::match_base_paths))
        })
    }

    fn takes(&self, host: &str) -> bool {
        match self.name.strip_prefix('*') {
            Some(rest) => host.strip_suffix(rest).is_some_and(|label| rest.is_empty() || !label.contains('.')),
            None => host == self.name,
        }
    }

    /// What the API tells, by the words of the guide.
    fn told(&self, path: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut rules: Vec<_> = self.rules.iter().filter(|_| self.mode != RoutingMode::ApiMappingOnly).collect();
        rules.sort_by_key(|rule| rule.0);
        for (priority, conditions, paths, api, strip) in rules {
            let header = |(wanted, glob): &(&str, &str)| {
                headers.iter().any(|(name, value)| name == wanted && matches(glob, value))
            };
            let longest = paths.iter().flatten().filter_map(|base| Some((base.len(), below(path, base)?))).max();
            if conditions.iter().all(|any_of| any_of.iter().any(header)) && (paths.is_none() || longest.is_some()) {
                let rest = longest.filter(|_| *strip).map_or(path, |(_, rest)| rest);
                return Some(format!("{api}:prod {rest} - {priority}"));
            }
        }
        let mappings = self.mappings.iter().filter(|_| self.mode != RoutingMode::RoutingRuleOnly);
        let found = mappings.filter_map(|(base, api)| Some((base, api, below(path, base)?)));
        let (base, api, rest) = found.max_by_key(|(base, ..)| base.len())?;
        Some(format!("{api}:prod {rest} {base} -"))
    }
}

fn matches(glob: &str, value: &str) -> bool {
    match (glob.strip_prefix('*'), glob.strip_suffix('*')) {
        (Some(_), Some(_)) => value.contains(glob.trim_matches('*')),
        (Some(end), None) => value.ends_with(end),
        (None, Some(start)) => value.starts_with(start),
        (None, None) => value == glob,
    }
}

/// What is left of a path that begins with the segments of `base`.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let (all, wanted): (Vec<_>, Vec<_>) = (path[1..].split('/').collect(), base.split('/').collect());
    match base {
        "" => Some(path),
        _ if all.starts_with(&wanted) => {
            Some(&path[1 + base.len()..]).map(|rest| if rest.is_empty() { "/" } else { rest })
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_goes_where_a_naive_reading_says(
        domains in domains(),
        host in select(vec!["a.b", "b", "b.b", "c.b", "c.a.b", "x.c.a.b", "a", "c.c"]),
        segments in vec(select(vec!["a", "b", "ab", ""]), 1..5),
        headers in vec((select(vec!["x", "y"]), select(vec!["a", "ab", "ba", "bab", "b", ""])), 0..3),
    ) {
        let apis = APIS.map(|name| rest(name, &["prod"]));
        let failed = |error: gateway_core::Problems| TestCaseError::fail(error.to_string());
        let gateway = serving(apis, domains.iter().map(Drawn::defined)).map_err(failed)?;
        let path = format!("/{}", segments.join("/"));
        // An exact name goes before a wildcard, which goes before every host's.
        let by_name = domains.iter().filter(|domain| domain.takes(host)).max_by_key(|domain| match domain.name {
            "*" => 0,
            name if name.starts_with('*') => 1,
            _ => 2,
        });
        let expected = by_name.and_then(|domain| domain.told(&path, &headers));
        let runtime = Builder::new_current_thread().enable_time().build().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let told = runtime.block_on(get(&gateway, host, &path, &headers));
        prop_assert_eq!(told, expected.unwrap_or_else(|| FORBIDDEN.to_owned()));
    }
}
