"""Shell completion scripts, for the name by which the command was called.

Each script runs the command: `COMP_WORDS` has the words up to the cursor, `COMP_CWORD` the index of the
current word (for fish, its text), and a variable such as `_KAITO_PACK_COMPLETE` the shell. The answer has a
kind (plain, file, dir), a word and a help text, as click prints them for that shell.
"""

from __future__ import annotations

import re
import shlex

# Words come from files and clusters: zsh and fish quote what they insert, for bash `%q` does.
# bash splits words at = and :, as in `llama3.1:8b`, and replaces only the part after the last of them. So the
# script splits the line at spaces and removes the part up to that character from each answer.
BASH = r"""
%(function)s() {
    local line=${COMP_LINE:0:COMP_POINT} answer
    local -a words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local current=${words[${#words[@]}-1]}
    local before=${current%%"${current##*[:=]}"}
    COMPREPLY=()
    while IFS= read -r answer; do
        case ${answer%%%%,*} in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) answer=${answer#*,}; printf -v answer %%q "${answer#"$before"}"; COMPREPLY+=("$answer") ;;
        esac
    done < <(COMP_WORDS=$line COMP_CWORD=$((${#words[@]} - 1)) %(variable)s=bash_complete "$1" 2> /dev/null)
}
complete -o nosort -F %(function)s -- %(name)s
"""

ZSH = r"""#compdef %(plain_name)s
%(function)s() {
    local -a answer plain described
    local kind word help
    local program=${(Q)words[1]}
    answer=("${(@f)$(COMP_WORDS="${words[1,CURRENT]}" COMP_CWORD=$((CURRENT - 1)) \
%(variable)s=zsh_complete ${~program} 2> /dev/null)}")
    for kind word help in "${answer[@]}"; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain) [[ $help == _ ]] && plain+=("$word") || described+=("$word:$help") ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -V unsorted -a plain
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(function)s "$@"
else
    compdef %(function)s %(name)s
fi
"""

FISH = r"""function %(function)s
    set -l program (string unescape -- (commandline -opc)[1])
    set -l answers (env %(variable)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \
        COMP_CWORD=(commandline -ct | string collect) $program 2> /dev/null)
    for answer in $answers
        set -l parts (string split -m 1 , -- $answer)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                printf '%%s\n' $parts[2]
        end
    end
end
complete --no-files --command %(name)s --arguments '(%(function)s)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def script(shell: str, name: str, variable: str) -> str:
    """Return the script for a shell; `name` is the program's file name, `variable` requests completions."""
    plain_name = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    function = "_" + re.sub(r"[.-]", "_", plain_name) + "_completion"
    is_fish = shell == "fish"
    facts = {"function": function, "plain_name": plain_name, "variable": variable}
    return SCRIPTS[shell].lstrip("\n") % {**facts, "name": _fish_word(name) if is_fish else shlex.quote(name)}


def _fish_word(name: str) -> str:
    """Return a word as fish reads it: inside single quotes only the backslash and the quote are special."""
    if re.fullmatch(r"[\w.-]+", name, re.ASCII):
        return name
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
