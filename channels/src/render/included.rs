//! Owns which other files a template asks for. Refuses to find them: whoever puts a definition together
//! does.

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::parse;

/// The files that a template includes, as it names them. One that cannot be parsed includes none: the
/// compiler says what is wrong with it.
#[must_use]
pub fn included(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(template) = parse(source, "template", Default::default()) {
        find(&template, &mut names);
    }
    names
}

fn all(statements: &[Stmt<'_>], names: &mut Vec<String>) {
    statements
        .iter()
        .for_each(|statement| find(statement, names));
}

fn find(statement: &Stmt<'_>, names: &mut Vec<String>) {
    match statement {
        Stmt::Template(template) => all(&template.children, names),
        Stmt::ForLoop(each) => {
            all(&each.body, names);
            all(&each.else_body, names);
        }
        Stmt::IfCond(either) => {
            all(&either.true_body, names);
            all(&either.false_body, names);
        }
        Stmt::WithBlock(with) => all(&with.body, names),
        Stmt::AutoEscape(block) => all(&block.body, names),
        Stmt::Include(include) => {
            if let Expr::Const(name) = &include.name
                && let Some(name) = name.value.as_str()
            {
                names.push(name.to_owned());
            }
        }
        // These are refused, with whatever stands in them.
        Stmt::SetBlock(_)
        | Stmt::FilterBlock(_)
        | Stmt::Macro(_)
        | Stmt::CallBlock(_)
        | Stmt::Do(_)
        | Stmt::Block(_)
        | Stmt::Extends(_)
        | Stmt::Import(_)
        | Stmt::FromImport(_) => {}
        Stmt::EmitRaw(_) | Stmt::EmitExpr(_) | Stmt::Set(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::included;

    #[test]
    fn every_include_is_found_wherever_it_stands() {
        let source = "{% include 'a.txt' %}{% if data.x %}{%- include \"b.txt\" -%}{% else %}\
            {% for y in data.z %}{% include 'c.txt' %}{% else %}{% include 'd.txt' %}{% endfor %}{% endif %}\
            {% with q = 1 %}{% include 'e.txt' ignore missing %}{% endwith %}{# {% include 'no.txt' %} #}";
        let names = included(source);
        assert_eq!(names, ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]);
        assert!(included("{% include %}").is_empty());
        assert!(included("{% include data.name %}").is_empty());
    }
}
