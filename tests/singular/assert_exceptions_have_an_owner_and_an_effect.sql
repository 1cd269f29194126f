-- An exception that is nobody's, or that does not say what it does to the numbers, is
-- not acted upon.

select
    exception_id,
    owner,
    effect,
    detail
from {{ ref('fct_data_exceptions') }}
where
    coalesce(trim(owner), '') = ''
    or coalesce(trim(effect), '') = ''
    or coalesce(trim(detail), '') = ''
