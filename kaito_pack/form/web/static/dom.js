// Elements, made of text and attributes only: nothing is ever read as HTML.
const SVG = 'http://www.w3.org/2000/svg'

export const $ = id => document.getElementById(id)

export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  set(made, attributes)
  made.append(...children.filter(child => child !== null && child !== ''))
  return made
}

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag)
  set(made, attributes)
  made.append(...children)
  return made
}

// A text from the server; the parts in backquotes are code.
export function marked(said) {
  return said.split('`').map((part, index) => (index % 2 ? h('code', {}, part) : part))
}

// Attributes that are false or null are taken away; others change only if they differ.
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name)
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? '' : value)
  }
}

export function text(element, said) {
  if (element.textContent !== said) element.textContent = said
}

// Bring the children of `parent` into this order, moving as few as possible: a moved one loses its focus.
export function arrange(parent, wanted) {
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove()
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null)
  })
}
