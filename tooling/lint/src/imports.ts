import { parseSync, Visitor } from 'oxc-parser'

/** One place where a module names another. */
interface Import {
  readonly specifier: string
  /** 1-based. */
  readonly line: number
}

/** What a module says about other modules. */
export interface ModuleFacts {
  /** Every import, re-export, dynamic import and `import('…')` type. */
  readonly imports: readonly Import[]
  /** Lines of `export * from`. */
  readonly starExports: readonly number[]
  /** The first line that is neither an import nor a re-export, if there is one. */
  readonly firstStatement: number | undefined
}

/** Reads them with a real parser: comments and strings are not imports. */
export function readModule(path: string, source: string): ModuleFacts {
  const { program, errors } = parseSync(path, source)
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`)

  const lineOf = lineFinder(source)
  const imports: Import[] = []
  const starExports: number[] = []
  const add = (specifier: string, start: number): void => {
    imports.push({ specifier, line: lineOf(start) })
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.start),
    ExportNamedDeclaration(node) {
      if (node.source !== null) add(node.source.value, node.start)
    },
    ExportAllDeclaration(node) {
      add(node.source.value, node.start)
      starExports.push(lineOf(node.start))
    },
    ImportExpression({ source: specifier, start }) {
      if (specifier.type === 'Literal' && typeof specifier.value === 'string') {
        add(specifier.value, start)
      }
    },
    TSImportType: (node) => add(node.source.value, node.start)
  }).visit(program)

  const statement = program.body.find(
    (node) =>
      node.type !== 'ImportDeclaration' &&
      node.type !== 'ExportAllDeclaration' &&
      !(node.type === 'ExportNamedDeclaration' && node.declaration === null)
  )
  return {
    imports,
    starExports,
    firstStatement: statement === undefined ? undefined : lineOf(statement.start)
  }
}

/** Turns an offset into a line, 1-based. */
function lineFinder(source: string): (offset: number) => number {
  const starts = [0]
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) {
    starts.push(at + 1)
  }
  return (offset) => {
    const next = starts.findIndex((start) => start > offset)
    return next === -1 ? starts.length : next
  }
}
