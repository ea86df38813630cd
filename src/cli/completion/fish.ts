/** What fish reads. */
export function fishScript(completeWord: string): string {
  return `# fish completion for nsc
# Once:             nsc completion fish | source
# In every session: nsc completion fish > ~/.config/fish/completions/nsc.fish

function __nsc_complete
    # Only what stands before the cursor counts.
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l output (command $words[1] ${completeWord} $words[2..-1] "$current" 2>/dev/null)
    or return
    set -l directive (string replace -r '^:' '' -- $output[-1])
    set -e output[-1]

    # What stands behind "=" is completed, and the whole word replaced.
    set -l prefix ''
    set -l value "$current"
    if string match -qr '^-[^=]*=' -- "$current"
        set prefix (string replace -r '=.*$' '=' -- "$current")
        set value (string replace -r '^[^=]*=' '' -- "$current")
    end

    if test (math "bitand($directive, 16)") -ne 0
        for path in (__fish_complete_directories "$value" '')
            echo "$prefix$path"
        end
    else if test (count $output) -gt 0
        for line in $output
            echo "$prefix$line"
        end
    else if test (math "bitand($directive, 4)") -eq 0
        for path in (__fish_complete_path "$value")
            echo "$prefix$path"
        end
    end
end

complete -c nsc -e
complete -c nsc -k -f -a '(__nsc_complete)'
`;
}
