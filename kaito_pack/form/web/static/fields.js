// Fields of the form: one a question, made once and then kept up to date, so that focus and caret stay.
import { arrange, h, marked, set, text } from './dom.js'
import { words } from './words.js'

const WIDEST_SCALE = 8 // numbers that are shown all at once
const MOST_CARDS = 4 // choices that are shown as cards, not as rows
const fields = new Map() // `answers/resources.gpu` -> field
const sections = new Map() // `answers/Scheduling` -> the heading and box of a group

// Show the questions of one group (start, answers, target) in `parents`, Advanced ones in the second.
export function show(group, questions, parents, typed, problems, isForced) {
  const shown = parents.map(() => [])
  for (const question of questions) {
    const name = `${group}/${question.name}`
    const sort = sortOf(group, question)
    let field = fields.get(name)
    if (field?.sort !== sort) fields.set(name, (field = make(name, sort)))
    update(field, question, typed[question.name], problems.filter(one => one.field === name), isForced)
    shown[question.isMore && parents[1] ? 1 : 0].push(field.element)
  }
  arrange(parents[0], shown[0])
  if (parents[1]) arrange(parents[1], grouped(group, questions.filter(question => question.isMore), shown[1]))
}

// Advanced fields under the headings of their groups, in the order in which the groups first appear.
function grouped(group, questions, elements) {
  const members = new Map()
  questions.forEach((question, index) => {
    const title = question.group || words.other
    members.set(title, [...(members.get(title) ?? []), elements[index]])
  })
  return [...members].map(([title, fieldsOfGroup]) => {
    const name = `${group}/${title}`
    if (!sections.has(name)) {
      const box = h('div', { class: 'fields' })
      sections.set(name, { box, element: h('section', { class: 'group', 'aria-label': title }, h('h3', {}, title), box) })
    }
    const { box, element } = sections.get(name)
    arrange(box, fieldsOfGroup)
    return element
  })
}

// The field that an element belongs to: its group, its name and what is said there now.
export function said(element) {
  const found = element.closest('.field')
  if (!found) return null
  const field = fields.get(found.dataset.name)
  const [group, ...rest] = found.dataset.name.split('/')
  return { group, name: rest.join('/'), text: field.read() }
}

export function focus(name) {
  const field = fields.get(name)
  field?.element.closest('details')?.setAttribute('open', '')
  field?.element.querySelector('input:checked, input, select, textarea')?.focus()
}

function sortOf(group, { kind, choices, minimum, maximum }) {
  if (kind === 'choice') return group === 'target' ? 'select' : 'radios'
  if (kind === 'list' && choices.length) return 'checks'
  if (kind === 'switch') return 'switch'
  if (kind === 'integer' && maximum !== null && maximum - minimum < WIDEST_SCALE) return 'scale'
  return ['list', 'map', 'maps'].includes(kind) ? 'lines' : 'line'
}

function make(name, sort) {
  const id = name.replace(/[^\w-]/g, '-')
  const label = h('span', { class: 'title' })
  const parts = {}
  for (const part of ['help', 'note', 'live', 'wrong']) parts[part] = h(part === 'wrong' ? 'div' : 'p', { id: `${id}-${part}`, class: part })
  const control = SORTS[sort](id, label)
  const element = h('div', { class: `field of-${sort}`, 'data-name': name }, ...control.elements, parts.help, parts.note, parts.live, parts.wrong)
  return { element, sort, label, parts, id, ...control }
}

function update(field, question, typed, problems, isForced) {
  const { parts, target } = field
  text(field.label, question.label)
  text(parts.help, question.help)
  text(parts.note, question.note)
  const open = problems.every(one => one.isOpen)
  parts.wrong.replaceChildren(...problems.map(one => h('p', { class: one.isOpen ? 'open' : one.severity },
    ...marked(one.isOpen ? words.required : `${one.message} ${one.fix}`))))
  field.show(question, typed || (question.value ?? question.default), isForced)
  const described = Object.values(parts).filter(part => part.textContent || part === parts.live)
  set(target, { 'aria-describedby': described.map(part => part.id).join(' ') })
  if (field.sort === 'checks' || field.sort === 'switch') return
  set(target, {
    'aria-required': question.isRequired ? 'true' : null,
    'aria-invalid': !open && problems.some(one => one.severity === 'error') ? 'true' : null,
  })
}

// What the answer to a question comes to, such as the tensor parallel size; and which numbers are odd.
export function live(name, said, odd) {
  for (const [key, field] of fields) {
    text(field.parts.live, key === name ? said : '')
    for (const option of field.element.querySelectorAll('.choice')) {
      const isOdd = key === name && odd.includes(option.textContent.trim())
      option.classList.toggle('odd', isOdd)
      set(option, { title: isOdd ? words.uneven : null })
    }
  }
}

const isBusy = (input, isForced) => input === document.activeElement && !isForced

const SORTS = {
  line(id, label) {
    const list = h('datalist', { id: `${id}-list` })
    const input = h('input', { id, type: 'text', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off' })
    return {
      elements: [h('label', { for: id }, label), input, list],
      target: input,
      read: () => input.value,
      show(question, value, isForced) {
        if (!isBusy(input, isForced) && input.value !== value) input.value = value
        set(input, {
          placeholder: question.placeholder || null,
          inputmode: question.kind === 'integer' ? 'numeric' : null,
          list: question.suggestions.length ? list.id : null,
        })
        const known = question.suggestions.join('\n')
        if (list.dataset.known !== known) {
          list.dataset.known = known
          list.replaceChildren(...question.suggestions.map(one => h('option', { value: one })))
        }
      },
    }
  },
  lines(id, label) {
    const input = h('textarea', { id, rows: 2, spellcheck: 'false', autocapitalize: 'off' })
    return {
      elements: [h('label', { for: id }, label), input],
      target: input,
      read: () => input.value,
      show(question, value, isForced) {
        if (!isBusy(input, isForced) && input.value !== value) input.value = value
        set(input, { rows: Math.min(8, Math.max(2, input.value.split('\n').length)) })
      },
    }
  },
  select(id, label) {
    const input = h('select', { id })
    return {
      elements: [h('label', { for: id }, label), input],
      target: input,
      read: () => input.value,
      show(question, value) {
        const empty = question.isRequired ? [] : [h('option', { value: '' }, words.notSet)]
        const options = [...empty, ...question.choices.map(one => h('option', { value: one.value }, one.title))]
        if (input.options.length !== options.length) input.replaceChildren(...options)
        input.value = value
      },
    }
  },
  switch(id, label) {
    const input = h('input', { id, type: 'checkbox' })
    return {
      elements: [h('label', { for: id, class: 'check' }, input, label)],
      target: input,
      read: () => String(input.checked),
      show: (_, value) => { input.checked = value === 'true' },
    }
  },
  checks: (id, label) => options(id, label, 'checkbox', question => question.choices),
  radios: (id, label) => options(id, label, 'radio', question => question.choices),
  scale: (id, label) => options(id, label, 'radio', (question, value) => {
    const numbers = Array.from({ length: question.maximum - question.minimum + 1 }, (_, index) => String(question.minimum + index))
    return [...numbers, ...(value && !numbers.includes(value) ? [value] : [])].map(one => ({ value: one, title: one, detail: '' }))
  }),
}

function options(id, label, type, choicesOf) {
  set(label, { id: `${id}-label` })
  const box = h('div', { class: 'choices' })
  const command = h('div', { class: 'command', hidden: true })
  const target = h('div', { role: type === 'radio' ? 'radiogroup' : 'group', 'aria-labelledby': `${id}-label` }, label, box)
  let known = ''
  return {
    elements: [target, command],
    target,
    read: () => [...box.querySelectorAll('input:checked')].map(input => input.value).join('\n'),
    show(question, value) {
      const choices = choicesOf(question, value)
      const now = JSON.stringify(choices.map(one => [one.value, one.title, one.detail]))
      if (known !== now) {
        known = now
        box.classList.toggle('rows', choices.length > MOST_CARDS && type === 'radio' && !!choices[0].detail)
        box.replaceChildren(...choices.map(one => h('label', { class: 'choice' },
          h('input', { type, name: id, value: one.value }), h('span', { class: 'value' }, one.title),
          one.detail && h('span', { class: 'detail' }, one.detail))))
      }
      const chosen = value.split('\n')
      for (const input of box.querySelectorAll('input')) input.checked = chosen.includes(input.value)
      showCommand(command, question.choices.find(one => chosen.includes(one.value))?.command)
    },
  }
}

function showCommand(box, command) {
  box.hidden = !command
  if (command && box.dataset.copy !== command) {
    box.dataset.copy = command
    box.replaceChildren(h('p', {}, words.command), h('pre', { tabindex: '0' }, h('code', {}, command)),
      h('button', { type: 'button', class: 'quiet', 'data-copy-text': command }, words.copy))
  }
}
