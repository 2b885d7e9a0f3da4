// @ts-check
/**
 * What the shipped declarations say about everything public: each function, constructor and method, of interfaces too, of each entry point, its parameters, and
 * their types down to `DEPTH`, as plain data that another process can read.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API, SignatureKind, SymbolFlags, TypeFlags } from 'typescript/unstable/sync';

/** How deep a place may lie: 1 is an argument, 2 an option, 4 an option of an option of an option. */
export const DEPTH = 4;

/**
 * A type. `any` admits everything: also what lies below `DEPTH`.
 * @typedef {{ kind: 'any' }
 *   | { kind: 'primitive', name: string }
 *   | { kind: 'literal', value: string | number | boolean }
 *   | { kind: 'union', types: Shape[] }
 *   | { kind: 'list', like: boolean, element: Shape }
 *   | { kind: 'instance', name: string }
 *   | { kind: 'function' }
 *   | { kind: 'object', fields: Record<string, { optional: boolean, shape: Shape }>, index?: Shape }} Shape
 *
 * @typedef {{ name: string, optional: boolean, rest: boolean, shape: Shape }} Parameter
 *
 * @typedef {object} PublicFunction
 * @property {string} name such as `bptt.fit`, `series.forecast`, `bptt.Model.forward` or `node.CheckpointFiles.new`
 * @property {string} entry the file of the entry point, relative to the package
 * @property {string[]} path where it is in the entry point's exports: `['Model', 'forward']`
 * @property {'function' | 'constructor' | 'method' | 'static'} kind
 * @property {Parameter[]} parameters
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Entry points: their name, such as `bptt` or `series`, the file of their types and that of their code. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([path, { types, default: code }]) =>
    types === undefined ? [] : [{ name: path === '.' ? 'bptt' : path.slice(2), types: join(root, types), code }],
  );
}

/** @returns {PublicFunction[]} */
export function publicFunctions() {
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [join(root, 'test/misuse/tsconfig.json')] });
    const [project] = snapshot.getProjects();
    if (project === undefined) throw new Error('The project of the types could not be opened.');
    const reader = new Reader(project);
    return entryPoints().flatMap((entry) => reader.functionsOf(entry));
  } finally {
    api.close();
  }
}

class Reader {
  #checker;
  #project;

  /** @param {import('typescript/unstable/sync').Project} project */
  constructor(project) {
    this.#project = project;
    this.#checker = project.checker;
  }

  /**
   * @param {{ name: string, types: string, code: string }} entry
   * @returns {PublicFunction[]}
   */
  functionsOf({ name, types, code }) {
    const file = this.#project.program.getSourceFile(types);
    const module = file && this.#checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${types} is not there, or exports nothing: npm run build`);
    const found = [];
    for (const exported of this.#checker.getExportsOfModule(module)) {
      const symbol = exported.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported;
      const at = (/** @type {string[]} */ path) => ({ name: [name, ...path].join('.'), entry: code, path });
      if (symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface)) found.push(...this.#methodsOf(symbol, at));
      else if (symbol.flags & (SymbolFlags.Function | SymbolFlags.Variable)) {
        const parameters = this.#parametersOf(this.#checker.getTypeOfSymbol(symbol), SignatureKind.Call);
        if (parameters) found.push({ ...at([exported.name]), kind: /** @type {const} */ ('function'), parameters });
      }
    }
    return found;
  }

  /**
   * @param {import('typescript/unstable/sync').Symbol} symbol of a class
   * @param {(path: string[]) => { name: string, entry: string, path: string[] }} at
   */
  #methodsOf(symbol, at) {
    /** @type {PublicFunction[]} */
    const found = [];
    const ofConstructor = symbol.flags & SymbolFlags.Class ? this.#checker.getTypeOfSymbol(symbol) : undefined;
    const created = this.#parametersOf(ofConstructor, SignatureKind.Construct);
    if (created) found.push({ ...at([symbol.name, 'new']), kind: 'constructor', parameters: created });
    const tables = /** @type {const} */ ([
      ['static', ofConstructor],
      ['method', this.#checker.getDeclaredTypeOfSymbol(symbol)],
    ]);
    for (const [kind, type] of tables) {
      for (const member of type ? this.#checker.getPropertiesOfType(type) : []) {
        if (!(member.flags & SymbolFlags.Method) || isOfLibrary(member)) continue;
        const parameters = this.#parametersOf(this.#checker.getTypeOfSymbol(member), SignatureKind.Call);
        if (parameters) found.push({ ...at([symbol.name, member.name]), kind, parameters });
      }
    }
    return found;
  }

  /**
   * @param {import('typescript/unstable/sync').Type | undefined} type
   * @param {SignatureKind} kind
   * @returns {Parameter[] | undefined} those of the last overload, which is the widest
   */
  #parametersOf(type, kind) {
    const signature = type && this.#checker.getSignaturesOfType(type, kind).at(-1);
    if (signature === undefined) return undefined;
    const symbols = signature.getParameters();
    return symbols.map((symbol, index) => {
      const rest = signature.hasRestParameter && index === symbols.length - 1;
      const shape = this.#shapeOf(this.#checker.getTypeOfSymbol(symbol), DEPTH + 1);
      const declaration = symbol.valueDeclaration?.resolve(this.#project);
      const optional =
        rest ||
        (declaration !== undefined && 'questionToken' in declaration && declaration.questionToken !== undefined);
      return { name: symbol.name, optional, rest, shape };
    });
  }

  /**
   * @param {import('typescript/unstable/sync').Type | undefined} type
   * @param {number} depth levels left
   * @returns {Shape}
   */
  #shapeOf(type, depth) {
    if (type === undefined || depth === 0) return { kind: 'any' };
    if (type.flags & (TypeFlags.Any | TypeFlags.Unknown)) return { kind: 'any' };
    if (type.isUnionType()) return { kind: 'union', types: type.getTypes().map((each) => this.#shapeOf(each, depth)) };
    if (type.isLiteralType()) {
      if (type.flags & TypeFlags.BooleanLiteral)
        return { kind: 'literal', value: this.#checker.typeToString(type) === 'true' };
      return { kind: 'literal', value: /** @type {string | number} */ (type.value) };
    }
    if (type.isTypeParameter()) return this.#shapeOf(this.#checker.getBaseConstraintOfType(type), depth);
    if (type.isIntrinsicType()) return { kind: 'primitive', name: type.intrinsicName };
    return this.#shapeOfObject(type, depth);
  }

  /**
   * @param {import('typescript/unstable/sync').Type} type
   * @param {number} depth
   * @returns {Shape}
   */
  #shapeOfObject(type, depth) {
    const checker = this.#checker;
    const symbol = type.getSymbol();
    const name = symbol?.name ?? '';
    if (
      checker.isTupleType(type) ||
      checker.isArrayType(type) ||
      (name === 'ArrayLike' && symbol && isOfLibrary(symbol))
    ) {
      const elements = type.isTypeReference() ? checker.getTypeArguments(type) : [];
      const shapes = elements.map((element) => this.#shapeOf(element, depth - 1));
      return {
        kind: 'list',
        like: name === 'ArrayLike',
        element: shapes.length === 1 ? shapes[0] : { kind: 'union', types: shapes },
      };
    }
    if (
      symbol &&
      (symbol.flags & SymbolFlags.Class || isOfLibrary(symbol)) &&
      !/^(__type|Readonly|Partial|Record)$/.test(name)
    ) {
      return { kind: 'instance', name };
    }
    if (checker.getSignaturesOfType(type, SignatureKind.Call).length > 0) return { kind: 'function' };
    /** @type {Record<string, { optional: boolean, shape: Shape }>} */
    const fields = {};
    for (const property of checker.getPropertiesOfType(type)) {
      if (property.name.startsWith('__')) continue;
      const optional = (property.flags & SymbolFlags.Optional) !== 0;
      fields[property.name] = { optional, shape: this.#shapeOf(checker.getTypeOfSymbol(property), depth - 1) };
    }
    const [info] = checker.getIndexInfosOfType(type);
    return { kind: 'object', fields, ...(info && { index: this.#shapeOf(info.valueType, depth - 1) }) };
  }
}

/** @param {import('typescript/unstable/sync').Symbol} symbol */
function isOfLibrary({ declarations }) {
  return declarations.some(({ path }) => /\/lib\.[^/]*\.d\.ts$|node_modules\//.test(path));
}
