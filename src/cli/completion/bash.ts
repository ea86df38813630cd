/** What bash reads. The old bash of macOS takes it too, and it needs no package of completions. */
export function bashScript(completeWord: string): string {
  return `# bash completion for nsc
# Once:             source <(nsc completion bash)
# In every session: nsc completion bash > ~/.local/share/bash-completion/completions/nsc

__nsc_complete() {
    local program=$1 line=\${COMP_LINE:0:COMP_POINT} word rest current prefix=""
    local i last=-1
    local -a words=()
    COMPREPLY=()

    # Bash makes words of "=" and ":"; what stands together in the line is one word.
    for (( i = 0; i <= COMP_CWORD; i++ )); do
        rest=\${line#"\${line%%[![:space:]]*}"}
        word=\${COMP_WORDS[i]}
        if (( i == COMP_CWORD )); then word=$rest; fi
        if [[ $i -gt 0 && $rest == "$line" ]]; then
            words[last]+=$word
        else
            last=$(( last + 1 ))
            words[last]=$word
        fi
        line=\${rest#"$word"}
    done
    # Quotes are taken off without running what stands in them.
    for (( i = 0; i <= last; i++ )); do words[i]=\${words[i]//[\\"\\'\\\\]/}; done

    local output directive
    output=$("\${program/#\\~\\//$HOME/}" ${completeWord} "\${words[@]:1}" 2>/dev/null) || return 0
    directive=\${output##*:}
    output=\${output%:*}

    current=\${words[last]}
    if [[ $current == -*=* ]]; then
        if [[ $COMP_WORDBREAKS != *=* ]]; then prefix=\${current%%=*}=; fi
        current=\${current#*=}
    fi

    local -a found=() described=()
    while IFS= read -r line; do
        if [[ -z $line ]]; then continue; fi
        word=\${line%%$'\\t'*}
        found+=("$word")
        if [[ $line == *$'\\t'* ]]; then word="$word  (\${line#*$'\\t'})"; fi
        described+=("$word")
    done <<< "$output"

    if (( directive & 16 )); then
        compopt -o filenames 2>/dev/null || :
        while IFS= read -r word; do COMPREPLY+=("$prefix$word"); done < <(compgen -d -- "$current")
    elif (( \${#found[@]} == 0 )); then
        if (( directive & 4 )); then return 0; fi
        compopt -o filenames 2>/dev/null || :
        while IFS= read -r word; do COMPREPLY+=("$prefix$word"); done < <(compgen -f -- "$current")
    elif [[ \${#found[@]} -gt 1 && $COMP_TYPE == 63 ]]; then
        # Bash shows these and inserts none.
        COMPREPLY=("\${described[@]}")
    else
        if (( directive & 2 )); then compopt -o nospace 2>/dev/null || :; fi
        for word in "\${found[@]}"; do
            printf -v word '%q' "$word"
            COMPREPLY+=("$prefix$word")
        done
    fi
}

complete -F __nsc_complete nsc
`;
}
