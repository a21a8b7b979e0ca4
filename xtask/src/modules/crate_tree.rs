//! The modules of one crate, with the names that each defines and imports.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use syn::{Expr, ExprLit, File, Item, ItemMod, ItemUse, Lit, Meta, UseTree};

use crate::syntax::{attributes_of_item, is_test_only, parse};
use crate::workspace::Source;

/// The index of a module.
pub(super) type ModuleId = usize;

/// The index of a file.
pub(super) type FileId = usize;

/// A source file that belongs to the crate.
pub(super) struct SourceFile {
    /// Its path, relative to the workspace.
    pub(super) path: PathBuf,
    /// The module whose content the file is.
    pub(super) module: ModuleId,
    /// Its content.
    pub(super) syntax: File,
}

/// A module, in a file or inline.
#[derive(Debug)]
pub(super) struct Module {
    /// The names from the root of the crate; empty for the root.
    pub(super) path: Vec<String>,
    pub(super) parent: Option<ModuleId>,
    pub(super) file: FileId,
    pub(super) children: BTreeMap<String, ModuleId>,
    /// Names that the module itself defines.
    pub(super) items: BTreeSet<String>,
    /// Names that come from elsewhere, with the paths behind `use`.
    pub(super) imports: BTreeMap<String, Vec<Vec<String>>>,
    /// Modules or enumerations of which all names come in.
    pub(super) globs: Vec<Vec<String>>,
}

/// All modules of a crate; those of a library and of a program beside it have a root each.
#[derive(Default)]
pub(super) struct CrateTree {
    pub(super) modules: Vec<Module>,
    pub(super) files: Vec<SourceFile>,
}

impl CrateTree {
    /// Builds the tree from the files of a crate's `src`, from `lib.rs` and `main.rs` on.
    ///
    /// # Errors
    ///
    /// A syntax error, or a module without a file.
    pub(super) fn parse(sources: &[Source]) -> Result<Self, String> {
        let by_path: HashMap<&Path, &Source> = sources
            .iter()
            .map(|source| (source.path.as_path(), source))
            .collect();
        let mut tree = Self::default();
        let roots = sources.iter().filter(|source| {
            ["src/lib.rs", "src/main.rs"]
                .iter()
                .any(|root| source.path.ends_with(root))
        });
        for root in roots {
            tree.add_file(root, None, Vec::new(), &by_path)?;
        }
        Ok(tree)
    }

    /// The file's path as text.
    pub(super) fn path(&self, file: FileId) -> String {
        self.files[file].path.display().to_string()
    }

    /// The module of the file.
    pub(super) fn module_of(&self, file: FileId) -> &Module {
        &self.modules[self.files[file].module]
    }

    /// The root above a module.
    pub(super) fn root_of(&self, module: ModuleId) -> ModuleId {
        let mut module = module;
        while let Some(parent) = self.modules[module].parent {
            module = parent;
        }
        module
    }

    /// True if `inner` is `outer` or below it.
    pub(super) fn is_within(&self, inner: ModuleId, outer: ModuleId) -> bool {
        let mut module = Some(inner);
        while let Some(current) = module {
            if current == outer {
                return true;
            }
            module = self.modules[current].parent;
        }
        false
    }

    fn add_file(
        &mut self,
        source: &Source,
        parent: Option<ModuleId>,
        path: Vec<String>,
        by_path: &HashMap<&Path, &Source>,
    ) -> Result<ModuleId, String> {
        let syntax = parse(source)?;
        let file = self.files.len();
        let module = self.add_module(path, parent, file);
        let children = children_folder(&source.path);
        let items = syntax.items.clone();
        self.files.push(SourceFile {
            path: source.path.clone(),
            module,
            syntax,
        });
        self.add_items(module, &items, &children, by_path)?;
        Ok(module)
    }

    fn add_module(
        &mut self,
        path: Vec<String>,
        parent: Option<ModuleId>,
        file: FileId,
    ) -> ModuleId {
        self.modules.push(Module {
            path,
            parent,
            file,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            imports: BTreeMap::new(),
            globs: Vec::new(),
        });
        self.modules.len() - 1
    }

    fn add_items(
        &mut self,
        module: ModuleId,
        items: &[Item],
        folder: &Path,
        by_path: &HashMap<&Path, &Source>,
    ) -> Result<(), String> {
        for item in items {
            if is_test_only(attributes_of_item(item)) {
                continue;
            }
            match item {
                Item::Mod(child) => self.add_child(module, child, folder, by_path)?,
                Item::Use(declaration) => self.add_use(module, declaration),
                other => self.modules[module].items.extend(defined_name(other)),
            }
        }
        Ok(())
    }

    fn add_child(
        &mut self,
        parent: ModuleId,
        child: &ItemMod,
        folder: &Path,
        by_path: &HashMap<&Path, &Source>,
    ) -> Result<(), String> {
        let name = plain(&child.ident);
        let mut path = self.modules[parent].path.clone();
        path.push(name.clone());
        let id = if let Some((_, items)) = &child.content {
            let id = self.add_module(path, Some(parent), self.modules[parent].file);
            self.add_items(id, items, &folder.join(&name), by_path)?;
            id
        } else {
            let candidates = match path_attribute(child) {
                Some(file) => vec![normal(&folder_of_file(self, parent).join(file))],
                None => vec![
                    folder.join(format!("{name}.rs")),
                    folder.join(&name).join("mod.rs"),
                ],
            };
            let source = candidates
                .iter()
                .find_map(|candidate| by_path.get(candidate.as_path()));
            match source {
                Some(source) => self.add_file(source, Some(parent), path, by_path)?,
                // A file from elsewhere, as `#[path]` can name, is no module of this crate's own.
                None if path_attribute(child).is_some() => return Ok(()),
                None => {
                    let file = self.modules[parent].file;
                    return Err(format!("{}: no file for `mod {name}`", self.path(file)));
                }
            }
        };
        self.modules[parent].children.insert(name, id);
        Ok(())
    }

    fn add_use(&mut self, module: ModuleId, declaration: &ItemUse) {
        if declaration.leading_colon.is_some() {
            return;
        }
        let mut leaves = Vec::new();
        flatten(&declaration.tree, &mut Vec::new(), &mut leaves);
        for (path, name) in leaves {
            let module = &mut self.modules[module];
            match name {
                Some(name) => module.imports.entry(name).or_default().push(path),
                None => module.globs.push(path),
            }
        }
    }
}

/// An identifier without the `r#` of a raw one.
pub(super) fn plain(ident: &proc_macro2::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}

/// The leaves of a `use` tree: the path and the name it gets, or none for a glob.
pub(super) fn flatten(
    tree: &UseTree,
    prefix: &mut Vec<String>,
    leaves: &mut Vec<(Vec<String>, Option<String>)>,
) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(plain(&path.ident));
            flatten(&path.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Name(name) => {
            let name = plain(&name.ident);
            if name == "self" {
                leaves.push((prefix.clone(), prefix.last().cloned()));
            } else {
                leaves.push((joined(prefix, &name), Some(name)));
            }
        }
        UseTree::Rename(rename) => {
            let name = plain(&rename.ident);
            let path = if name == "self" {
                prefix.clone()
            } else {
                joined(prefix, &name)
            };
            leaves.push((path, Some(plain(&rename.rename))));
        }
        UseTree::Glob(_) => leaves.push((prefix.clone(), None)),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, leaves);
            }
        }
    }
}

fn joined(prefix: &[String], name: &str) -> Vec<String> {
    let mut path = prefix.to_vec();
    path.push(name.to_owned());
    path
}

fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(plain(ident))
}

/// The folder of the files of a file's child modules.
fn children_folder(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    let stem = file.file_stem().unwrap_or_default();
    if ["lib", "main", "mod"].iter().any(|root| stem == *root) {
        folder.to_owned()
    } else {
        folder.join(stem)
    }
}

fn folder_of_file(tree: &CrateTree, module: ModuleId) -> PathBuf {
    let file = &tree.files[tree.modules[module].file].path;
    file.parent().unwrap_or(Path::new("")).to_owned()
}

fn path_attribute(item: &ItemMod) -> Option<String> {
    item.attrs.iter().find_map(|attribute| {
        let Meta::NameValue(value) = &attribute.meta else {
            return None;
        };
        match &value.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) if value.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path {
        if part == ".." {
            normal.pop();
        } else if part != "." {
            normal.push(part);
        }
    }
    normal
}
