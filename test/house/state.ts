import ts from "typescript";

/**
 * Where a module keeps state that outlives its functions: `let` and `var`, empty containers that can only be there to be
 * filled, and assignments while the module loads.
 */
export function moduleState(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) =>
    stateOf(statement).map((node) => `${path}:${lineOf(source, node)} ${firstLine(node.getText(source))}`),
  );
}

function stateOf(statement: ts.Statement): readonly ts.Node[] {
  if (ts.isVariableStatement(statement)) {
    if (statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)) return [];
    const { declarations, flags } = statement.declarationList;
    if ((flags & ts.NodeFlags.Const) === 0) return [statement];
    return declarations.filter(({ initializer }) => initializer !== undefined && isEmptyContainer(initializer));
  }
  if (ts.isExpressionStatement(statement) && isMutation(statement.expression)) return [statement];
  return [];
}

function isEmptyContainer(node: ts.Expression): boolean {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return isEmptyContainer(node.expression);
  if (ts.isArrayLiteralExpression(node)) return node.elements.length === 0;
  if (ts.isObjectLiteralExpression(node)) return node.properties.length === 0;
  return (
    ts.isNewExpression(node) &&
    ts.isIdentifier(node.expression) &&
    /^(?:Map|Set|WeakMap|WeakSet|Array)$/.test(node.expression.text) &&
    (node.arguments?.length ?? 0) === 0
  );
}

// @noble/ed25519 is synchronous only after it was told its SHA-512: the one state that this house allows.
const ALLOWED_ASSIGNMENT = /(?:^|\.)hashes\.sha512$/;

function isMutation(node: ts.Expression): boolean {
  if (ts.isDeleteExpression(node)) return true;
  if (ts.isPostfixUnaryExpression(node)) return true;
  if (ts.isPrefixUnaryExpression(node)) {
    return node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
  }
  if (!ts.isBinaryExpression(node)) return false;
  const operator = node.operatorToken.kind;
  const assigns = operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
  return assigns && !(ts.isPropertyAccessExpression(node.left) && ALLOWED_ASSIGNMENT.test(textOf(node.left)));
}

function textOf(node: ts.Expression): string {
  if (ts.isPropertyAccessExpression(node)) return `${textOf(node.expression)}.${node.name.text}`;
  return ts.isIdentifier(node) ? node.text : "";
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
