#!/usr/bin/env bash
# The API by curl and jq. Tokens are kept in the file $SCHOOL_TOKENS.
#
#   gorod.sh sign-in LOGIN                  gorod.sh diary STUDENT [FIRST-DAY]
#   gorod.sh notices [PAGE-SIZE]            gorod.sh card STUDENT
#   gorod.sh set-mark ASSIGNMENT STUDENT VALUE [VERSION]
#   gorod.sh ask QUERY [VARIABLES]
#
# The password is read from standard input. Exit code 1 of sign-in, notices and set-mark: refused;
# standard error has code and message of each refusal. The others print the answer with its errors.
set -euo pipefail
URL=${SCHOOL_URL:-http://127.0.0.1:8000/graphql}
TOKENS=${SCHOOL_TOKENS:-$HOME/.gorod-tokens}
umask 077 # tokens are for nobody else

token() { jq -r ".$1 // empty" "$TOKENS" 2>/dev/null || true; }

# post QUERY VARIABLES [TOKEN]: the answer as it is. No password or token stands in an argument of a
# program, where other people of the machine could read it.
post() {
    query=$1 variables=$2 jq -n '{query: env.query, variables: (env.variables | fromjson)}' |
        curl --silent --show-error "$URL" --data-binary @- \
            -H 'Content-Type: application/json' -H 'Accept: application/json' \
            ${3:+-H @<(printf 'Authorization: Bearer %s' "$3")}
}

# Fails if the answer on standard input refuses something, and tells why.
check() {
    jq -r '[.errors[]? | {code: .extensions.code, message}] + [.data[]?.userErrors[]?]
        | if . == [] then empty else map("\(.code): \(.message)\n") | add | halt_error(1) end'
}

# keep ANSWER: its tokens.
keep() {
    check <<<"$1" || return
    jq -e '.data[].accessToken' <<<"$1" >/dev/null || return # without one the old ones stay
    jq '.data[] | {accessToken, refreshToken}' <<<"$1" >"$TOKENS.part"
    mv "$TOKENS.part" "$TOKENS"
}

sign_in() {
    local password answer
    read -rsp 'Password: ' password || [ -n "$password" ]  # the last line may have no end
    answer=$(post 'mutation($login: String!, $password: String!) {
        signIn(input: { login: $login, password: $password }) {
            accessToken refreshToken userErrors { code message }
        } }' "$(login=$1 password=$password jq -n '{login: env.login, password: env.password}')") ||
        return
    keep "$answer"
}

# renew REFUSED: new tokens, once for all who were refused with the same one.
renew() {
    local answer
    {
        flock 9
        [ "$(token accessToken)" = "$1" ] || return 0
        answer=$(post 'mutation($token: String!) {
            refreshSession(input: { refreshToken: $token }) {
                accessToken refreshToken userErrors { code message }
            } }' "$(token=$(token refreshToken) jq -n '{token: env.token}')") || return
        keep "$answer"
    } 9>"$TOKENS.lock"
}

# ask QUERY [VARIABLES]: the answer, with a new token where the old one is refused.
ask() {
    local variables=${2:-'{}'} held answer
    held=$(token accessToken)
    answer=$(post "$1" "$variables" "$held") || return
    if jq -e 'any(.errors[]?; .extensions.code == "UNAUTHENTICATED")' <<<"$answer" >/dev/null; then
        renew "$held" || return
        answer=$(post "$1" "$variables" "$(token accessToken)") || return
    fi
    printf '%s\n' "$answer"
}

diary() {
    ask 'query($student: ID!, $from: Date) { diary(studentId: $student, from: $from) { days {
        date lessons { startsAt subject { name } marks { id value } } } } }' \
        "$(jq -n --arg student "$1" --arg from "${2-}" \
            '{$student, from: (if $from == "" then null else $from end)}')"
}

# All notices, a line each, page by page.
notices() {
    local after=null page
    while
        page=$(ask 'query($first: Int!, $after: String) { notices(first: $first, after: $after) {
            nodes { id title } pageInfo { hasNextPage endCursor } } }' \
            "{\"first\": ${1:-20}, \"after\": $after}") && check <<<"$page" || return
        jq -r '.data.notices.nodes[] | "\(.id)\t\(.title)"' <<<"$page"
        after=$(jq '.data.notices.pageInfo.endCursor' <<<"$page")
        jq -e '.data.notices.pageInfo.hasNextPage' <<<"$page" >/dev/null
    do :; done
}

# The rest of the card comes beside what is FORBIDDEN.
card() {
    ask 'query($student: ID!) { student(by: { id: $student }) {
        fullName identity { snilsMasked snils } } }' "$(jq -n --arg student "$1" '{$student}')"
}

# After a CONFLICT the answer has the mark as it is now.
set_mark() {
    local answer
    answer=$(ask 'mutation($input: SetMarkInput!) { setMark(input: $input) {
        mark { id value version } userErrors { code message } } }' \
        "$(jq -n --arg assignmentId "$1" --arg studentId "$2" --argjson value "$3" \
            --argjson expectedVersion "${4:-null}" \
            '{input: {$assignmentId, $studentId, $value, $expectedVersion}}')") || return
    printf '%s\n' "$answer"
    check <<<"$answer"
}

case ${1-} in
sign-in) sign_in "${@:2}" ;;
set-mark) set_mark "${@:2}" ;;
ask | card | diary | notices) "$@" ;;
*) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
