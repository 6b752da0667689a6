//! The way through the house: each room of `src` uses only rooms above its own line, and no file goes in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The rooms of the library from the ground up. A room may use itself and those before it.
const ROOMS: &[&str] = &[
    "system", "x509", "format", "bundle", "catalog", "manifest", "journal", "store", "source", "client", "settings",
    "schedule", "hook", "ops",
];

#[test]
fn each_room_uses_only_the_rooms_below_it() {
    let library = Tree::of_library();
    let rooms: BTreeSet<&str> = library.files.keys().filter_map(|module| module.first()).map(String::as_str).collect();
    assert_eq!(rooms, ROOMS.iter().copied().collect(), "the folders of src are the rooms of the list");
    let height = |module: &Module| ROOMS.iter().position(|room| module.first().is_some_and(|first| first == room));
    let upwards: Vec<String> = library
        .arrows
        .iter()
        .filter(|arrow| !arrow.from.is_empty() && (arrow.to.is_empty() || height(&arrow.to) > height(&arrow.from)))
        .map(|arrow| arrow.shown(&library))
        .collect();
    assert!(upwards.is_empty(), "arrows upwards:\n{}", upwards.join("\n"));
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    for tree in [Tree::of_library(), Tree::of_program()] {
        let circles: Vec<String> = tree.circles();
        assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
    }
}

#[test]
fn the_program_uses_what_any_other_program_could() {
    let program = Tree::of_program();
    assert!(!program.files.is_empty() && program.files.values().all(|file| file.starts_with("src/cli")));
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    assert!(!text.contains("mod cli;"), "the command line is no part of the library");
}

/// A reader holds a file, and a function, in the head.
#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for tree in [Tree::of_library(), Tree::of_program()] {
        for file in tree.files.values() {
            let text = fs::read_to_string(root().join(file)).unwrap();
            let lines = text.lines().count();
            if lines > LONGEST_FILE {
                long.push(format!("{}: {lines} lines", file.display()));
            }
            let mut functions = Functions::default();
            functions.visit_file(&syn::parse_file(&text).unwrap());
            let too_long = functions.0.iter().filter(|(_, lines)| *lines > LONGEST_FUNCTION);
            long.extend(too_long.map(|(name, lines)| format!("{}: `{name}`: {lines} lines", file.display())));
        }
    }
    assert!(long.is_empty(), "too long:\n{}", long.join("\n"));
}

/// The functions of a file, with their lines.
#[derive(Default)]
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn note(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (start, end) = (signature.fn_token.span.start().line, block.brace_token.span.close().end().line);
        self.0.push((signature.ident.to_string(), end - start + 1));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}

/// The path of a module in its crate: `["store", "plan"]`. The crate itself has none.
type Module = Vec<String>;

/// One file uses another.
struct Arrow {
    from: Module,
    to: Module,
    line: usize,
    path: String,
}

impl Arrow {
    fn shown(&self, tree: &Tree) -> String {
        let (from, to) = (tree.files[&self.from].display(), tree.files[&self.to].display());
        format!("{from}:{}: `{}` in {to}", self.line, self.path)
    }

    /// A file and its own parts may use each other.
    fn is_between_kin(&self) -> bool {
        self.from.starts_with(&self.to) || self.to.starts_with(&self.from)
    }
}

/// The files of a crate and how they use each other.
struct Tree {
    files: BTreeMap<Module, PathBuf>,
    arrows: Vec<Arrow>,
}

impl Tree {
    fn of_library() -> Self {
        Self::read(Path::new("src"), "lib.rs", &["cli"])
    }

    fn of_program() -> Self {
        Self::read(Path::new("src/cli"), "main.rs", &[])
    }

    fn read(folder: &Path, first: &str, without: &[&str]) -> Self {
        let mut files = BTreeMap::from([(Module::new(), folder.join(first))]);
        collect(folder, &Module::new(), without, &mut files);
        let parsed: BTreeMap<Module, Uses> =
            files.iter().map(|(module, file)| (module.clone(), Uses::of(file, module))).collect();
        let names: BTreeMap<(Module, String), Module> = parsed
            .iter()
            .flat_map(|(module, uses)| {
                uses.imported.iter().map(|(name, path)| ((module.clone(), name.clone()), path.clone()))
            })
            .collect();
        let mut arrows = Vec::new();
        for (module, uses) in &parsed {
            for (path, line) in &uses.paths {
                let to = home(path, &files, &names);
                if to != *module {
                    arrows.push(Arrow { from: module.clone(), to, line: *line, path: path.join("::") });
                }
            }
        }
        Self { files, arrows }
    }

    /// Every circle, as one line of the arrows that close it.
    fn circles(&self) -> Vec<String> {
        let mut next: BTreeMap<&Module, BTreeMap<&Module, &Arrow>> = BTreeMap::new();
        for arrow in self.arrows.iter().filter(|arrow| !arrow.is_between_kin()) {
            next.entry(&arrow.from).or_default().entry(&arrow.to).or_insert(arrow);
        }
        let reaches = |from: &Module, to: &Module| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
            while let Some(module) = left.pop() {
                for module in next.get(module).into_iter().flat_map(BTreeMap::keys) {
                    if seen.insert(*module) {
                        left.push(module);
                    }
                }
            }
            seen.contains(to)
        };
        let arrows = next.values().flat_map(BTreeMap::values);
        arrows.filter(|arrow| reaches(&arrow.to, &arrow.from)).map(|arrow| arrow.shown(self)).collect()
    }
}

/// All files below a folder by their modules.
fn collect(folder: &Path, module: &Module, without: &[&str], files: &mut BTreeMap<Module, PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if module.is_empty() && (without.contains(&stem.as_str()) || ["lib", "main"].contains(&stem.as_str())) {
            continue;
        }
        let part = [module.clone(), vec![stem.clone()]].concat();
        if path.is_dir() {
            collect(&folder.join(stem), &part, without, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            files.insert(part, folder.join(path.file_name().unwrap()));
        }
    }
}

/// The file in which a path ends: what a file imports under a name is looked for where it comes from.
fn home(path: &Module, files: &BTreeMap<Module, PathBuf>, names: &BTreeMap<(Module, String), Module>) -> Module {
    let mut path = path.clone();
    // No import leads further than there are files.
    for _ in 0..files.len() {
        let length = (0..=path.len()).rev().find(|length| files.contains_key(&path[..*length])).unwrap_or_default();
        let (module, rest) = path.split_at(length);
        match rest.first().and_then(|name| names.get(&(module.to_vec(), name.clone()))) {
            Some(origin) if !origin.starts_with(&path) => path = [origin, &rest[1..]].concat(),
            _ => return module.to_vec(),
        }
    }
    panic!("`{}` imports itself", path.join("::"));
}

/// What a file says of others, without its tests.
#[derive(Default)]
struct Uses {
    module: Module,
    /// Modules that it declares.
    parts: BTreeSet<String>,
    /// What it imports, by name.
    imported: BTreeMap<String, Module>,
    /// Every path into the crate, and its line.
    paths: Vec<(Module, usize)>,
}

impl Uses {
    fn of(file: &Path, module: &Module) -> Self {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parts = parsed.items.iter().filter_map(|item| match item {
            syn::Item::Mod(part) if part.content.is_none() => Some(part.ident.to_string()),
            _ => None,
        });
        let mut uses = Self { module: module.clone(), parts: parts.collect(), ..Self::default() };
        uses.visit_file(&parsed);
        uses
    }

    /// A path from the crate's root, where it leads into the crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let mut module = self.module.clone();
        let (first, mut rest) = path.split_first()?;
        match first.as_str() {
            "crate" => module.clear(),
            "self" => {}
            "super" => drop(module.pop()?),
            name if self.parts.contains(name) => rest = path,
            name => {
                let origin = self.imported.get(name)?;
                return Some([origin, rest].concat());
            }
        }
        while let Some(("super", after)) = rest.split_first().map(|(first, after)| (first.as_str(), after)) {
            module.pop()?;
            rest = after;
        }
        Some([&module[..], rest].concat())
    }

    fn note(&mut self, path: &[String], line: usize) {
        if let Some(path) = self.absolute(path) {
            self.paths.push((path, line));
        }
    }

    fn import(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (path, name) = match tree {
            syn::UseTree::Path(part) => return self.import(&with(&part.ident), &part.tree),
            syn::UseTree::Group(group) => return group.items.iter().for_each(|item| self.import(before, item)),
            syn::UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            syn::UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            syn::UseTree::Rename(name) => (with(&name.ident), Some(name.rename.to_string())),
            syn::UseTree::Glob(_) => (before.to_vec(), None),
        };
        let line = match tree {
            syn::UseTree::Name(name) => name.ident.span().start().line,
            syn::UseTree::Rename(name) => name.ident.span().start().line,
            _ => 0,
        };
        self.note(&path, line);
        if let (Some(name), Some(path)) = (name, self.absolute(&path)) {
            self.imported.insert(name, path);
        }
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if words.len() > 1 {
            self.note(&words, path.segments[0].ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    /// Macros hold tokens and no paths: `crate::a::b` is three words in a row.
    fn visit_macro(&mut self, of: &'ast syn::Macro) {
        self.visit_tokens(of.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.visit_tokens(list.tokens.clone());
        }
    }
}

impl Uses {
    fn visit_tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let (mut words, mut line, mut colons) = (Vec::new(), 0, 0);
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Punct(colon) if colon.as_char() == ':' => colons += 1,
                proc_macro2::TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.note_words(&mut words, line);
                        line = word.span().start().line;
                    }
                    words.push(word.to_string());
                    colons = 0;
                }
                other => {
                    self.note_words(&mut words, line);
                    colons = 0;
                    if let proc_macro2::TokenTree::Group(group) = other {
                        self.visit_tokens(group.stream());
                    }
                }
            }
        }
        self.note_words(&mut words, line);
    }

    fn note_words(&mut self, words: &mut Vec<String>, line: usize) {
        if words.len() > 1 {
            self.note(words, line);
        }
        words.clear();
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            list.tokens.clone().into_iter().any(|token| token.to_string() == "test")
        }
        _ => false,
    })
}

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
