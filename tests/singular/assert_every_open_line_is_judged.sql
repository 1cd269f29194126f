-- A line that is open is judged once, and an action saves more than it costs.

with

open_lines as (

    select
        po_line_id,
        open_units
    from {{ ref('fct_purchase_order_lines') }}
    where is_open

),

judged as (

    select * from {{ ref('fct_purchase_order_exceptions') }}

)

select
    coalesce(open_lines.po_line_id, judged.po_line_id) as po_line_id,
    judged.proposed_action,
    judged.saved_value,
    judged.action_cost
from open_lines
full outer join judged
    on open_lines.po_line_id = judged.po_line_id
where
    open_lines.po_line_id is null
    or judged.po_line_id is null
    or abs(open_lines.open_units - judged.open_units) > 1e-6
    or judged.effect_units > judged.open_units + 1e-6
    or (
        judged.proposed_action in ('expedite', 'defer', 'cancel')
        and judged.saved_value <= judged.action_cost
    )
