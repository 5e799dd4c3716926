module github.com/statecheck/statecheck

go 1.26
