// What the form comes to: manifest and values as numbered lines, problems beside them, memory as a bar.
import { $, h, marked, set, svg, text } from './dom.js'
import { words } from './words.js'

// Show a YAML text; lines that were not there before are marked for a moment.
export function code(element, source, problems, lineOf) {
  const key = JSON.stringify([source, problems])
  if (element.dataset.key === key) return
  const before = new Set((element.dataset.source ?? '').split('\n'))
  const isFirst = !element.dataset.source
  Object.assign(element.dataset, { key, source })
  const lines = source ? source.replace(/\n$/, '').split('\n') : []
  element.replaceChildren(...lines.flatMap((line, index) => {
    const here = problems.filter(one => one[lineOf] === index + 1)
    const classes = ['line', !isFirst && !before.has(line) && 'new', here.length && here[0].severity]
    return [
      h('span', { class: classes.filter(Boolean).join(' ') }, ...coloured(line), '\n'),
      ...here.map(one => h('span', { class: `beside ${one.severity}` }, ...marked(`${one.message} ${one.fix}`))),
    ]
  }))
}

function coloured(line) {
  if (/^\s*#/.test(line) || line === '---') return [h('span', { class: 'comment' }, line)]
  const found = /^(\s*(?:- )*)([^\s"'][^:]*:)(\s.*)?$/.exec(line)
  return found ? [found[1], h('span', { class: 'key' }, found[2]), found[3] ?? ''] : [line]
}

export function problemList(list, problems) {
  const items = problems.map(one => h('li', { class: one.isOpen ? 'open' : one.severity },
    h('button', { type: 'button', class: 'where', disabled: !one.field, 'data-focus': one.field }, one.path || one.rule),
    h('p', {}, ...marked(`${one.message} ${one.fix}`)),
    one.removable ? h('button', { type: 'button', class: 'quiet', 'data-remove': one.removable }, words.remove(one.removable)) : '',
    h('p', { class: 'rule', title: one.page }, one.line ? `${words.line(one.line)}, ` : '', ruleName(one))))
  list.replaceChildren(...(items.length || !list.dataset.none ? items : [h('li', {}, words.noProblems)]))
}

// A link if the docs have an address; otherwise the path of the page is the tooltip.
function ruleName({ rule, page }) {
  const isAddress = /^https?:/.test(page)
  return isAddress ? h('a', { href: page, target: '_blank', rel: 'noreferrer' }, rule) : rule
}

// One sentence for everybody, screen readers included.
export function status(view) {
  const counted = {
    toAnswer: view.problems.filter(one => one.isOpen).length,
    errors: view.problems.filter(one => !one.isOpen && one.severity === 'error').length,
    warnings: view.problems.filter(one => one.severity === 'warning').length,
    advice: view.problems.filter(one => one.severity === 'advice').length,
  }
  const parts = Object.entries(counted).filter(([, number]) => number).map(([name, number]) => words[name](number))
  if (view.manifest) parts.unshift(view.stops ? words.stops : words.ready)
  const ready = view.stops ? 'warning' : 'good'
  const kind = counted.errors ? 'error' : view.manifest ? ready : 'open'
  set($('status'), { class: `status ${kind}` })
  text($('status'), view.mode ? parts.join(' · ') : view.start.length > 1 ? words.noEngine : words.noMode)
  const count = view.problems.length
  $('count').hidden = !count
  text($('count'), String(count))
}

export function memory(budget) {
  $('memory').hidden = !budget
  if (!budget) return
  const isKnown = !budget.lacks
  $('bar').hidden = $('budget').closest('details').hidden = !isKnown
  set($('memory'), { class: `memory ${isKnown ? (budget.fits ? 'good' : budget.isOpen ? 'open' : 'error') : 'open'}` })
  if (!isKnown) return text($('verdict'), words.lacks[budget.lacks])
  const [needed, usable] = [budget.needed, budget.usable].map(gib => gib.toFixed(1))
  const verdict = (budget.fits ? words.fits : budget.isOpen ? words.atMost : words.tooLarge)(needed, usable)
  text($('verdict'), verdict)
  const whole = Math.max(budget.total, budget.needed)
  let x = 0
  const blocks = budget.parts.map((part, index) => {
    const width = (part.gib / whole) * 100
    const block = svg('rect', { x, y: 0, width, height: 10, class: `part-${index}` })
    x += width
    return block
  })
  const limit = (budget.usable / whole) * 100
  $('bar').replaceChildren(
    svg('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': verdict },
      svg('rect', { x: 0, y: 0, width: 100, height: 10, class: 'empty' }), ...blocks,
      svg('rect', { x: limit - 0.2, y: 0, width: 0.4, height: 10, class: 'limit' })),
    h('ul', { class: 'legend' }, ...budget.parts.map((part, index) =>
      h('li', { class: `part-${index}` }, `${part.title}: ${part.gib.toFixed(1)} GiB`))),
    h('p', { class: 'would' }, budget.would.map(([title, said]) => `${title}: ${said}`).join(' · ')))
  $('budget').replaceChildren(...budget.rows.map(([title, amount]) => h('tr', {}, h('th', { scope: 'row' }, title), h('td', {}, amount))))
}
