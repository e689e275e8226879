/** One codec in a plot. */
export interface Point {
  readonly name: string
  readonly x: number
  readonly y: number
}

/** One field of points, both axes logarithmic. */
export interface Panel {
  readonly title: string
  readonly points: readonly Point[]
  /** Least and greatest of each axis, powers of ten. */
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
  readonly xLabel: string
}

const WIDTH = 560
const HEIGHT = 360
const MARGIN = 56
/** Labels closer than this to one above, in pixels, are put on the other side of their point. */
const LABEL_HEIGHT = 13

/** Draws panels side by side, as SVG that needs nothing else. */
export function plot(panels: readonly Panel[]): string {
  const size = `width="${WIDTH * panels.length}" height="${HEIGHT}"`
  const body = panels.map(
    (panel, index) => `<g transform="translate(${index * WIDTH} 0)">\n${draw(panel)}\n</g>`
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...body,
    '</svg>',
    ''
  ].join('\n')
}

function draw(panel: Panel): string {
  const right = WIDTH - MARGIN / 2
  const bottom = HEIGHT - MARGIN
  const x = scale(panel.x, MARGIN, right)
  const y = scale(panel.y, bottom, MARGIN / 1.5)
  const lines = [
    `<text x="${MARGIN}" y="22" font-size="13" font-weight="bold">${panel.title}</text>`,
    `<text x="${(MARGIN + right) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${panel.xLabel}</text>`
  ]
  for (const value of powers(panel.x)) {
    const at = x(value).toFixed(1)
    lines.push(
      `<line x1="${at}" x2="${at}" y1="${MARGIN / 1.5}" y2="${bottom}" stroke="#ddd"/>`,
      `<text x="${at}" y="${bottom + 16}" text-anchor="middle">${label(value)}</text>`
    )
  }
  for (const value of powers(panel.y)) {
    const at = y(value).toFixed(1)
    lines.push(
      `<line x1="${MARGIN}" x2="${right}" y1="${at}" y2="${at}" stroke="#ddd"/>`,
      `<text x="${MARGIN - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${label(value)}</text>`
    )
  }
  return [...lines, ...drawPoints(panel, x, y)].join('\n')
}

function drawPoints(
  panel: Panel,
  x: (value: number) => number,
  y: (value: number) => number
): string[] {
  const placed: { readonly x: number; readonly y: number }[] = []
  return panel.points.flatMap((point) => {
    const at = { x: x(point.x), y: y(point.y) }
    const shifts = [4, 18, -10, 32, -24, 46]
    const shift =
      shifts.find((each) =>
        placed.every(
          (other) =>
            Math.abs(other.x - at.x) > 110 || Math.abs(other.y - at.y - each) > LABEL_HEIGHT
        )
      ) ?? 4
    placed.push({ x: at.x, y: at.y + shift })
    const [cx, cy] = [at.x.toFixed(1), at.y.toFixed(1)]
    return [
      `<circle cx="${cx}" cy="${cy}" r="4" fill="#1f6feb"/>`,
      `<text x="${(at.x + 7).toFixed(1)}" y="${(at.y + shift).toFixed(1)}">${point.name}</text>`
    ]
  })
}

function scale(
  [low, high]: readonly [number, number],
  from: number,
  to: number
): (value: number) => number {
  return (value) => {
    const clamped = Math.min(high, Math.max(low, value))
    return from + (Math.log(clamped / low) / Math.log(high / low)) * (to - from)
  }
}

function powers([low, high]: readonly [number, number]): number[] {
  const found: number[] = []
  for (let power = Math.round(Math.log10(low)); power <= Math.round(Math.log10(high)); power++) {
    found.push(10 ** power)
  }
  return found
}

function label(value: number): string {
  return value >= 0.01 && value <= 1000 ? String(value) : value.toExponential(0)
}
