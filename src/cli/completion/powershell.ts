/** What PowerShell reads. */
export function powershellScript(completeWord: string): string {
  return `# PowerShell completion for nsc
# Once:             nsc completion powershell | Out-String | Invoke-Expression
# In every session: add that line to the file that $PROFILE names

Register-ArgumentCompleter -Native -CommandName 'nsc' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # Only what stands before the cursor counts.
    $words = @()
    foreach ($element in $commandAst.CommandElements) {
        $extent = $element.Extent
        if ($extent.StartOffset -ge $cursorPosition) { break }
        $text = $extent.Text
        if ($extent.EndOffset -gt $cursorPosition) { $text = $text.Substring(0, $cursorPosition - $extent.StartOffset) }
        $words += $text.Trim([char[]]@([char]34, [char]39))
    }
    if ($wordToComplete -eq '') {
        # Older versions pass no empty argument on unless it is quoted.
        $isOld = $PSVersionTable.PSVersion -lt [version]'7.3'
        $words += $(if ($isOld) { '""' } else { '' })
    }
    $program = $words[0]
    $arguments = @($words | Select-Object -Skip 1)
    $lines = @(& $program '${completeWord}' @arguments 2>$null)
    if ($lines.Count -eq 0) { return }
    $directive = [int]($lines[-1].TrimStart(':'))
    $lines = @($lines | Select-Object -SkipLast 1 | Where-Object { $_ -ne '' })

    $prefix = ''
    if ($wordToComplete -match '^(-[^=]*=)') { $prefix = $Matches[1] }
    if ($lines.Count -eq 0) {
        # Nothing tells PowerShell to complete files.
        if ($directive -band 4) { '' }
        return
    }
    foreach ($line in $lines) {
        $word, $description = $line -split "\`t", 2
        $text = $word
        if ($text -match '[\\s''"\`$(){};,|&<>@#]') { $text = "'" + $text.Replace("'", "''") + "'" }
        if (-not $description) { $description = $word }
        [System.Management.Automation.CompletionResult]::new("$prefix$text", $word, 'ParameterValue', $description)
    }
}
`;
}
