-- Test folds are the last before the live one: what is chosen never saw them.

with

folds as (

    select * from {{ ref('fct_forecast_folds') }}

),

first_test as (

    select min(cutoff_date) as first_test_date
    from folds
    where fold_role = 'test'

)

select
    folds.cutoff_date,
    folds.fold_role
from folds
cross join first_test
where
    folds.fold_role in ('calib', 'select')
    and folds.cutoff_date >= first_test.first_test_date
