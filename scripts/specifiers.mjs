import ts from "typescript";

/**
 * Every module specifier in a source, script or declaration file, in the order of the text: `import`, `export … from`,
 * `import()` of values and of types, and `require()`.
 *
 * @param {ts.SourceFile} source
 * @returns {ts.StringLiteralLike[]}
 */
export function specifiersOf(source) {
  /** @type {ts.StringLiteralLike[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const specifier = specifierOf(node);
    if (specifier && ts.isStringLiteralLike(specifier)) found.push(specifier);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * @param {ts.Node} node
 * @returns {ts.Node | undefined}
 */
function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  if (ts.isCallExpression(node)) {
    const { expression } = node;
    const imports = expression.kind === ts.SyntaxKind.ImportKeyword;
    const requires = ts.isIdentifier(expression) && expression.text === "require";
    return imports || requires ? node.arguments[0] : undefined;
  }
  return undefined;
}
