/** What zsh reads, from a folder of completions or as a script. */
export function zshScript(completeWord: string): string {
  return `#compdef nsc
# zsh completion for nsc
# Once:             source <(nsc completion zsh)
# In every session: nsc completion zsh > "\${fpath[1]}/_nsc"

_nsc() {
    local output directive line word description
    local -a lines found typed

    # Only what stands before the cursor counts.
    typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
    output=$("\${(Q)~words[1]}" ${completeWord} "\${typed[@]}" 2>/dev/null) || return 1
    lines=("\${(@f)output}")
    directive=\${lines[-1]#:}
    lines=("\${(@)lines[1,-2]}")

    # What stands behind "=" is completed as if it stood alone.
    if [[ $PREFIX == -*=* ]]; then compset -P 1 '*='; fi

    for line in "\${lines[@]}"; do
        [[ -z $line ]] && continue
        word=\${line%%$'\\t'*}
        description=\${line#*$'\\t'}
        word=\${word//:/\\\\:}
        if [[ $line == *$'\\t'* ]]; then found+=("$word:$description"); else found+=("$word"); fi
    done

    local -a options
    if (( directive & 2 )); then options=(-S ''); fi
    if (( directive & 16 )); then
        _files -/
    elif (( \${#found} > 0 )); then
        _describe 'nsc' found "\${options[@]}"
    elif (( ! (directive & 4) )); then
        _files
    else
        return 1
    fi
}

# Read from a folder of completions, this file is the body of a function; sourced, it is a script.
if [[ \${funcstack[1]} == _nsc ]]; then _nsc "$@"; else compdef _nsc nsc; fi
`;
}
