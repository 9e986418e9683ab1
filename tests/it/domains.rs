//! The domains of README's layer map, across all layers: who may import whom, and that nobody does so in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A domain and what it may import beside what is common to all.
const DOMAINS: &[(&str, &[&str])] = &[
    ("directory", &[]),
    ("tracking", &["directory"]),
    ("wearables", &["directory", "tracking"]),
    ("rosters", &["directory"]),
    ("upkeep", &[]),
];

/// Where the domains' parts are joined: what is common elsewhere may import these, and these any domain.
const JOINING: &[&str] = &[
    "model",
    "store",
    "app",
    "app::demo",
    "app::policy",
    "app::operator",
    "app::operator::commands",
    "app::operator::imports",
    "api",
    "api::catalogue",
    "operations::opening",
    "server::outside",
];

/// A module's path below the crate, such as `app::access::token`.
type Module = String;

/// The text of a module, and what it uses: paths, and whether each is seen outside.
struct Source {
    text: String,
    uses: Vec<(bool, Vec<String>)>,
}

/// The modules of `src`; what stands in `mod tests` is left out.
struct Sources(BTreeMap<Module, Source>);

impl Sources {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let code = text.lines().take_while(|line| *line != "#[cfg(test)]");
                    let code: Vec<_> = code.map(|line| line.split("//").next().unwrap()).collect();
                    modules.insert(module(path.strip_prefix(&root).unwrap()), code.join("\n"));
                }
            }
        }
        Self::of(modules)
    }

    fn of(texts: BTreeMap<Module, String>) -> Self {
        let source = |(module, text): (Module, String)| (module, Source { uses: uses(&text), text });
        Self(texts.into_iter().map(source).collect())
    }

    /// The module that defines what a path of segments means, as seen from `from`.
    fn defining(&self, from: &str, path: &[String], depth: usize) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => String::new(),
            "self" => from.to_owned(),
            "super" => parent(from),
            child => join(from, child),
        };
        if !at.is_empty() && !self.0.contains_key(&at) {
            return None;
        }
        while let Some((next, after)) = rest.split_first() {
            let inner = if next == "super" { parent(&at) } else { join(&at, next) };
            if !self.0.contains_key(&inner) {
                break;
            }
            (at, rest) = (inner, after);
        }
        let named = rest.first().filter(|_| depth < 5).and_then(|name| {
            let reexports = self.0[&at].uses.iter().filter(|(public, _)| *public).map(|(_, path)| path);
            let mut origins = reexports.filter(|path| path.last().is_some_and(|last| last == name || last == "*"));
            origins.find_map(|origin| match origin.last().is_some_and(|last| last == "*") {
                false => self.defining(&at, origin, depth + 1),
                true => {
                    let module = self.defining(&at, &origin[..origin.len() - 1], depth + 1)?;
                    self.0[&module].text.contains(&format!(" {name}")).then_some(module)
                }
            })
        });
        Some(named.unwrap_or(at))
    }

    /// Which modules each module imports: those that define what it names.
    fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let of = |(from, source): (&Module, &Source)| {
            let used = source.uses.iter().map(|(_, path)| path.clone());
            let paths = used.chain(inline(&source.text));
            let imported = paths.filter_map(|path| self.defining(from, &path, 0));
            (from.clone(), imported.filter(|to| to != from && !to.is_empty()).collect())
        };
        self.0.iter().map(of).collect()
    }
}

/// The module in a file.
fn module(file: &Path) -> Module {
    let mut parts: Vec<_> = file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    parts.pop_if(|last| last == "mod");
    parts.join("::")
}

fn parent(module: &str) -> Module {
    module.rsplit_once("::").map(|(parent, _)| parent.to_owned()).unwrap_or_default()
}

fn join(module: &str, child: &str) -> Module {
    if module.is_empty() { child.to_owned() } else { format!("{module}::{child}") }
}

/// The paths of all `use`, each with whether it is seen outside.
fn uses(text: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let line = text[..at].rsplit('\n').next().unwrap().trim();
        if !line.is_empty() && !line.starts_with("pub") {
            continue;
        }
        let tree: String = text[at + 4..].split(';').next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for path in expanded(&tree) {
            let path = path.split(" as ").next().unwrap();
            let segments = path.split("::").map(|segment| segment.trim().to_owned());
            found.push((
                !line.is_empty(),
                segments.filter(|segment| segment != "self" || path.starts_with("self")).collect(),
            ));
        }
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`.
fn expanded(tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in inner.chars() {
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                parts.last_mut().unwrap().push(c);
            }
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expanded(part)).map(|part| format!("{}{part}", head.trim())).collect()
}

/// The paths that begin with `crate` or `super` and stand in code.
fn inline(text: &str) -> Vec<Vec<String>> {
    let starts = text.match_indices("crate::").chain(text.match_indices("super::"));
    let starts = starts.filter(|(at, _)| !text[..*at].ends_with("::"));
    let path = |(at, _): (usize, &str)| {
        let end = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len() - at);
        text[at..at + end].trim_end_matches(':').split("::").map(str::to_owned).collect()
    };
    starts.map(path).collect()
}

fn domain(module: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    DOMAINS.iter().find(|(name, _)| module.split("::").nth(1) == Some(name))
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"))
}

/// A circle of imports, if there is one. A module and those inside it may know each other.
fn circle(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    fn visit(
        at: &Module,
        imports: &BTreeMap<Module, BTreeSet<Module>>,
        path: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> Option<Vec<Module>> {
        if let Some(start) = path.iter().position(|passed| passed == at) {
            return Some(path[start..].to_vec());
        }
        if !done.contains(at) {
            path.push(at.clone());
            let next = imports.get(at).into_iter().flatten();
            let mut next = next.filter(|to| !is_within(at, to) && !is_within(to, at));
            let found = next.find_map(|to| visit(to, imports, path, done));
            path.pop();
            done.insert(at.clone());
            return found;
        }
        None
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|start| visit(start, imports, &mut Vec::new(), &mut done))
}

#[test]
fn a_domain_imports_only_what_stands_before_it() {
    let imports = Sources::read().imports();
    let mut offences = Vec::new();
    for (from, to) in imports.iter().flat_map(|(from, imported)| imported.iter().map(move |to| (from, to))) {
        let allowed = match (domain(from), domain(to)) {
            (_, None) => true,
            (None, Some(_)) => JOINING.contains(&from.as_str()),
            (Some((from, before)), Some((to, _))) => from == to || before.contains(to),
        };
        if !allowed {
            offences.push(format!("{from} imports {to}"));
        }
    }
    assert!(imports.len() > 100, "the modules are found");
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let found = circle(&Sources::read().imports());
    assert!(found.is_none(), "each imports the next, and the last the first: {found:?}");
}

#[test]
fn a_name_is_followed_to_the_module_that_defines_it() {
    let texts = [
        ("app", "pub use access::permit::{Permit, Other as Thing};\npub mod policy;\npub struct App;"),
        ("app::access", "pub mod permit;"),
        ("app::access::permit", "use super::super::App;"),
        ("app::policy", "pub use super::directory::policy::*;"),
        ("app::directory", ""),
        ("app::directory::policy", "pub enum ChildCreate {}"),
        ("api", "use crate::app::{App, Permit, policy::ChildCreate};\nfn f() { crate::app::access::permit::g() }"),
    ];
    let sources = Sources::of(texts.map(|(module, text)| (module.to_owned(), text.to_owned())).into());
    let imports = sources.imports();
    let expected = ["app", "app::access::permit", "app::directory::policy"].map(str::to_owned);
    assert_eq!(imports["api"], BTreeSet::from(expected));
    assert_eq!(imports["app::access::permit"], BTreeSet::from(["app".to_owned()]));
    assert_eq!(circle(&imports), None);
    let round = [("a", "b"), ("b", "c"), ("c", "b")];
    let round = round.map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])));
    assert_eq!(circle(&BTreeMap::from(round)), Some(vec!["b".to_owned(), "c".to_owned()]));
}
