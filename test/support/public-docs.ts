// What the shipped declarations say of everything public, as an editor reads them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API, type Project, SignatureKind, type Symbol as Sym, SymbolFlags } from 'typescript/unstable/sync';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is said of one name. */
export interface Docs {
  /** Such as `bptt/series: forecast`, or of a member `bptt/series: Series.columns`. */
  readonly name: string;
  /** The file that declares it. */
  readonly place: string;
  /** What the comment says before its tags. */
  readonly text: string;
}

/** What is said of an export and of its members. */
export interface ExportDocs extends Docs {
  /** The entry point, such as `bptt/series`. */
  readonly entry: string;
  /** Whether it is a class, a function or a constant that is one. */
  readonly called: boolean;
  /** Its `@example`s. */
  readonly examples: readonly string[];
  /** Those of a class, an interface or a type, with what it inherits. */
  readonly members: readonly Docs[];
}

/** Everything that the package exports, each once. */
export function publicDocs(): readonly ExportDocs[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [join(root, 'test/misuse/tsconfig.json')] }).getProjects();
    return docsOf(project!);
  } finally {
    api.close();
  }
}

function docsOf({ checker, program }: Project): readonly ExportDocs[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types?: string }>;
  };
  const seen = new Set<number>();
  return Object.entries(exports).flatMap(([path, { types }]) => {
    if (types === undefined) return [];
    const entry = join('bptt', path);
    const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, types))!)!;
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (seen.has(symbol.id)) return [];
      seen.add(symbol.id);
      const name = `${entry}: ${exported.name}`;
      const tags = checker.getJsDocTagsOfSymbol(symbol).filter((tag) => tag.name === 'example');
      const members = membersOf(symbol).map((member) => describe(member, `${name}.${member.name}`));
      const examples = tags.map(({ text }) => text ?? '');
      return [{ ...describe(symbol, name), entry, called: isCalled(symbol), examples, members }];
    });
  });

  function describe(symbol: Sym, name: string): Docs {
    return { name, place: placeOf(symbol), text: checker.getDocumentationCommentOfSymbol(symbol).trim() };
  }

  function isCalled(symbol: Sym): boolean {
    if (symbol.flags & SymbolFlags.Class) return true;
    if (!(symbol.flags & (SymbolFlags.Function | SymbolFlags.Variable))) return false;
    const type = checker.getTypeOfSymbol(symbol);
    return type !== undefined && checker.getSignaturesOfType(type, SignatureKind.Call).length > 0;
  }

  function membersOf(symbol: Sym): readonly Sym[] {
    if (!(symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface | SymbolFlags.TypeAlias))) return [];
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    if (type === undefined) return [];
    const types = type.isUnionType() ? type.getTypes() : [type];
    const instances = types.filter((each) => each.isObjectType() || each.isIntersectionType());
    const statics = symbol.flags & SymbolFlags.Class ? [checker.getTypeOfSymbol(symbol)!] : [];
    const members = [...instances, ...statics].flatMap((each) => checker.getPropertiesOfType(each)).filter(isOurs);
    return [...new Map(members.map((member) => [placeOf(member) + member.name, member])).values()];
  }
}

/** Whether the package declares it, and a program may name it. */
function isOurs({ name, declarations }: Sym): boolean {
  const hidden = name === 'prototype' || name.startsWith('__') || name.startsWith('#');
  return !hidden && declarations.length > 0 && declarations.every(({ path }) => path.includes('/build/types/'));
}

function placeOf({ declarations: [declaration] }: Sym): string {
  return declaration?.path.slice(declaration.path.indexOf('build/types/') + 'build/types/'.length) ?? '';
}
